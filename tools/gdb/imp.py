# SPDX-License-Identifier: BSD-2-Clause
"""GDB commands for Imp's kernel; docs/debugging.md shows them at work.

GDB loads this file by itself as kernel-gdb.py, which the build puts beside the
kernel. Everything is read from the machine's memory: nothing is called in the
guest, so the commands work wherever it was stopped.
"""

import gdb

KSTACK_SIZE = 4 * 4096  # KSTACK_PAGES, core/thread.h
KERNEL_BASE = 1 << 63


def value(name):
    """A variable, also a file's own."""
    symbol = gdb.lookup_global_symbol(name) or gdb.lookup_static_symbol(name)
    if symbol is not None:
        return symbol.value()
    try:
        return gdb.parse_and_eval(name)
    except gdb.error:
        raise gdb.GdbError("the kernel has no %s; is this its symbol file?" % name)


def container(link, kind, member):
    """The struct of this kind whose member the link is."""
    kind = gdb.lookup_type(kind)
    offset = next(f.bitpos for f in kind.fields() if f.name == member) // 8
    return (int(link) - offset, kind.pointer())


def each(head, kind, member):
    """The elements of a list (lib/list.h)."""
    end = int(head.address)
    link = head["next"]
    while int(link) not in (0, end):
        address, pointer = container(link, kind, member)
        yield gdb.Value(address).cast(pointer).dereference()
        link = link["next"]


def tree(node, kind, member):
    """The elements of a tree (lib/rbtree.h), in order."""
    below = []
    while int(node) != 0 or below:
        while int(node) != 0:
            below.append(node)
            node = node["left"]
        node = below.pop()
        address, pointer = container(node, kind, member)
        yield gdb.Value(address).cast(pointer).dereference()
        node = node["right"]


def text(array):
    """A string in an array, or behind a pointer that may be NULL."""
    if array.type.code == gdb.TYPE_CODE_PTR and int(array) == 0:
        return "-"
    return array.string(errors="replace")


def pstr(pointer):
    """The first string of a struct pstr."""
    if int(pointer) == 0:
        return "-"
    char = gdb.lookup_type("char").pointer()
    return text(pointer["ps_text"].address.cast(char))


def processes():
    """All, the oldest first."""
    return sorted(
        each(value("allproc"), "struct proc", "p_all"), key=lambda p: int(p["p_pid"])
    )


def threads(process):
    return each(process["p_threads"], "struct thread", "td_plink")


def all_threads():
    """Those of processes, and each processor's idle thread, which is in none's
    list."""
    for p in processes():
        yield from threads(p)
    cpus = value("cpus")
    for i in range(int(value("ncpus"))):
        if int(cpus[i]["c_idle"]) != 0:
            yield cpus[i]["c_idle"].dereference()


def process(argument):
    try:
        pid = int(argument)
    except ValueError:
        raise gdb.GdbError("a process id is needed; imp ps shows them")
    for p in processes():
        if int(p["p_pid"]) == pid:
            return p
    raise gdb.GdbError("there is no process %d" % pid)


def cpu_of(thread):
    """The processor that runs it, or None."""
    cpus = value("cpus")
    for i in range(int(value("ncpus"))):
        if int(cpus[i]["c_thread"]) == int(thread.address):
            return i
    return None


def place(address):
    """Function, file and line of a return address."""
    block = gdb.block_for_pc(address - 1)
    while block is not None and block.function is None:
        block = block.superblock
    name = block.function.name if block is not None else None
    line = gdb.find_pc_line(address - 1)
    if name is None:
        found = gdb.execute("info symbol %#x" % address, to_string=True)
        return found.split(" in section")[0].strip()
    if line.symtab is None:
        return name
    return "%s at %s:%d" % (name, line.symtab.filename, line.line)


def word(address):
    pointer = gdb.lookup_type("unsigned long").pointer()
    return int(gdb.Value(address).cast(pointer).dereference())


def saved_frames(thread):
    """Return addresses of a thread that waits: switch_stacks() has pushed six
    registers, %rbp the second before the return address, and the kernel keeps
    frame pointers."""
    stack = int(thread["td_kstack"])
    rsp = int(thread["td_md"]["md_rsp"])
    yield word(rsp + 48)
    frame = word(rsp + 32)
    while stack <= frame < stack + KSTACK_SIZE - 16:
        address = word(frame + 8)
        if address < KERNEL_BASE:
            return
        yield address
        up = word(frame)
        if up <= frame:
            return
        frame = up


def backtrace(thread):
    cpu = cpu_of(thread)
    if cpu is not None:
        # QEMU's threads are the processors, in order.
        here = gdb.selected_thread()
        for t in gdb.selected_inferior().threads():
            if t.num == cpu + 1:
                t.switch()
        gdb.write("    on CPU %d\n" % cpu)
        gdb.execute("bt")
        here.switch()
        return
    for n, address in enumerate(saved_frames(thread)):
        gdb.write("    #%-2d %#x in %s\n" % (n, address, place(address)))
    if int(thread["td_tf"]) != 0:
        kind = gdb.lookup_type("struct trapframe").pointer()
        user = (gdb.Value(int(thread["td_kstack"]) + KSTACK_SIZE).cast(kind) - 1)
        gdb.write(
            "    user mode: %%rip %#x, %%rsp %#x\n"
            % (int(user["tf_rip"]), int(user["tf_rsp"]))
        )


def show_thread(td):
    cpu = cpu_of(td)
    gdb.write(
        "%7d %6d %-12s %-4s %-12s %s\n"
        % (
            int(td["td_tid"]),
            int(td["td_proc"]["p_pid"]),
            str(td["td_state"])[3:].lower(),
            "-" if cpu is None else cpu,
            text(td["td_wmesg"]),
            text(td["td_name"]),
        )
    )


class Command(gdb.Command):
    """A sub-command: its name is the class's, in lower case."""

    def __init__(self):
        super().__init__("imp " + type(self).__name__.lower(), gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        try:
            self.run(argument)
        except gdb.MemoryError as error:
            raise gdb.GdbError("the kernel hasn't come so far: %s" % error)


class Ps(Command):
    """imp ps: the processes."""

    def run(self, argument):
        gdb.write("    pid   ppid   pgid state    threads  memory command\n")
        for p in processes():
            vm = p["p_image"]["vm"]
            size = int(vm["vs_size"]) // 1024 if int(vm) != 0 else 0
            group = p["p_pgrp"]
            gdb.write(
                "%7d %6d %6d %-8s %7d %6dK %s\n"
                % (
                    int(p["p_pid"]),
                    int(p["p_ppid"]),
                    int(group["pg_id"]) if int(group) != 0 else 0,
                    str(p["p_state"])[2:].lower(),
                    int(p["p_nthreads"]),
                    size,
                    text(p["p_comm"]),
                )
            )


class Threads(Command):
    """imp threads [PID]: threads, where they run and what they wait for."""

    def run(self, argument):
        chosen = threads(process(argument)) if argument else all_threads()
        gdb.write("    tid    pid state        cpu  waits for    name\n")
        for td in chosen:
            show_thread(td)


class Bt(Command):
    """imp bt PID: what each thread of the process does in the kernel."""

    def run(self, argument):
        for td in threads(process(argument)):
            gdb.write(
                "thread %d (%s), %s\n"
                % (
                    int(td["td_tid"]),
                    text(td["td_name"]),
                    str(td["td_state"])[3:].lower(),
                )
            )
            backtrace(td)


class Vm(Command):
    """imp vm PID: the process's memory map."""

    def run(self, argument):
        p = process(argument)
        vm = p["p_image"]["vm"]
        if int(vm) == 0:
            gdb.write("process %d has no memory of its own\n" % int(p["p_pid"]))
            return
        flags = (
            (0x01, "private"),
            (0x04, "guard"),
            (0x08, "stack"),
            (0x10, "grows"),
            (0x20, "wired"),
        )
        for e in tree(vm["vs_entries"]["root"], "struct vm_entry", "e_node"):
            prot = int(e["e_prot"])
            words = [name for bit, name in flags if int(e["e_flags"]) & bit]
            if int(e["e_vnode"]) != 0:
                path = "file"
                if int(e["e_vnode"]) == int(p["p_image"]["text"]):
                    path = pstr(p["p_image"]["path"])
                words.append("%s+%#x" % (path, int(e["e_ooff"])))
            gdb.write(
                "%#18x-%#18x %s %s\n"
                % (
                    int(e["e_start"]),
                    int(e["e_end"]),
                    "".join(c if prot & 1 << i else "-" for i, c in enumerate("rwx")),
                    " ".join(words),
                )
            )


class Locks(Command):
    """imp locks: which locks are held, and who waits.

    A kernel with options LOCKDEBUG knows all locks that a thread or CPU holds.
    Any other knows how many, and of the kernel's variables that are locks
    which are taken."""

    def run(self, argument):
        self.found = False
        try:
            held = value("cpu_held")
        except gdb.GdbError:
            held = None
        if held is not None:
            for i in range(int(value("ncpus"))):
                self.held("CPU %d" % i, held[i])
        for td in all_threads():
            self.thread(td, held is not None)
        self.variables()
        if not self.found:
            gdb.write("no lock is held\n")

    def line(self, message):
        self.found = True
        gdb.write(message + "\n")

    def held(self, who, locks):
        for i in range(int(locks["n"])):
            use = locks["use"][i]
            self.line(
                "%s holds %s, taken in %s"
                % (who, text(use["name"]), place(int(use["where"])))
            )

    def thread(self, td, checked):
        who = "thread %d (%s)" % (int(td["td_tid"]), text(td["td_name"]))
        if checked:
            self.held(who, td["td_held"])
        elif int(td["td_locks"]) != 0:
            self.line("%s holds %d" % (who, int(td["td_locks"])))

    def variables(self):
        for kind in ("mutex", "rwlock", "spin"):
            found = gdb.execute(
                "info variables -q -t ^struct.%s$" % kind, to_string=True
            )
            for line in found.splitlines():
                if not line.endswith(";") or "struct" not in line:
                    continue
                name = line.split()[-1].rstrip(";")
                if name.endswith("]"):
                    continue
                self.variable(kind, name, value(name))

    def variable(self, kind, name, lock):
        if kind == "spin":
            if int(lock["s_locked"]) != 0:
                self.line("%s is taken" % name)
        elif kind == "rwlock":
            state = int(lock["rw_state"])
            if state != 0:
                self.line(
                    "%s is held, %s"
                    % (name, "to write" if state < 0 else "%d readers" % state)
                )
        elif int(lock["m_owner"]) != 0:
            td = lock["m_owner"].dereference()
            self.line(
                "%s is held by thread %d (%s)"
                % (name, int(td["td_tid"]), text(td["td_name"]))
            )


class Dmesg(Command):
    """imp dmesg: what the kernel has said, from its own buffer."""

    def run(self, argument):
        text = value("msgbuf_text")
        written = int(value("msgbuf")["written"])
        size = text.type.sizeof
        memory = gdb.selected_inferior().read_memory(int(text.address), size)
        ring = memory.tobytes()
        first = max(0, written - size)
        said = bytes(ring[i % size] for i in range(first, written))
        gdb.write(said.decode("utf-8", "replace"))


class Imp(gdb.Command):
    """Imp's kernel."""


Imp("imp", gdb.COMMAND_DATA, prefix=True)
for command in (Ps, Threads, Bt, Vm, Locks, Dmesg):
    command()
