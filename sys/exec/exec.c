/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * execve(2).  Everything that can fail for a reason in the program file or
 * the arguments is done before the old image is touched: the file is read
 * and checked, the strings are copied, the new address space is built beside
 * the old one.  Then the other threads are ended and the spaces exchanged;
 * what fails after that (no memory for the stack) kills the process.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "exec/exec.h"
#include "proc/abi.h"
#include "file/file.h"
#include "core/printf.h"
#include "proc/signal.h"
#include "time/time.h"
#include "ipc/umtx.h"
#include "vfs/namei.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"
#include "vm/pageout.h"

#define SHELL_LINE    128 /* FreeBSD's MAXSHELLCMDLEN, about */
#define STRINGS_FIRST 4096

static int
reserve(struct exec_strings *s, size_t n)
{
	size_t room = MAX(s->room, STRINGS_FIRST);
	char *text;

	if (s->used + n > ARG_MAX)
		return (E2BIG);
	if (s->used + n <= s->room)
		return (0);
	while (room < s->used + n)
		room *= 2;
	text = kmem_alloc(room, 0);
	if (text == NULL)
		return (ENOMEM);
	memcpy(text, s->text, s->used);
	kmem_free(s->text, s->room);
	s->text = text;
	s->room = room;
	return (0);
}

static int
add_kernel_string(struct exec_strings *s, const char *text)
{
	size_t n = strlen(text) + 1;
	int error = reserve(s, n);

	if (error != 0)
		return (error);
	memcpy(s->text + s->used, text, n);
	s->used += n;
	return (0);
}

static int
add_user_string(struct exec_strings *s, uint64_t uaddr)
{
	size_t len, want = 256;
	int error;

	for (;;) {
		error = reserve(s, want);
		if (error == E2BIG && s->used + 1 < ARG_MAX &&
		    want > ARG_MAX - s->used)
			error = reserve(s, want = ARG_MAX - s->used);
		if (error != 0)
			return (error);
		error = copyinstr((void *)uaddr, s->text + s->used, want, &len);
		if (error == 0) {
			s->used += len;
			return (0);
		}
		if (error != ENAMETOOLONG)
			return (error);
		if (want == ARG_MAX - s->used)
			return (E2BIG);
		want *= 2;
	}
}

/* A list of strings, the user's or the kernel's. */
static int
add_list(struct exec_strings *s, uint64_t ulist, char **klist, int *count)
{
	int error = 0;

	for (; error == 0; (*count)++) {
		uint64_t p;

		if (klist != NULL) {
			if (klist[*count] == NULL)
				return (0);
			error = add_kernel_string(s, klist[*count]);
			continue;
		}
		if (ulist == 0)
			return (EFAULT);
		error = fueword64((void *)(ulist + 8 * (uint64_t)*count), &p);
		if (error != 0 || p == 0)
			return (error);
		error = add_user_string(s, p);
		if (*count > ARG_MAX / 8)
			return (E2BIG);
	}
	return (error);
}

/*
 * "#! interpreter [argument]": the words and the script's path come before
 * the arguments, argv[0] goes.
 */
struct script {
	char line[SHELL_LINE + 1];
	char *interp;
	char *arg; /* NULL: none */
};

static int
parse_script(struct script *sc)
{
	char *p = sc->line + 2, *end = strchr(sc->line, '\n');

	if (end == NULL)
		return (ENOEXEC);
	*end = '\0';
	while (*p == ' ' || *p == '\t')
		p++;
	sc->interp = p;
	while (*p != '\0' && *p != ' ' && *p != '\t')
		p++;
	if (p == sc->interp)
		return (ENOEXEC);
	if (*p != '\0')
		*p++ = '\0';
	while (*p == ' ' || *p == '\t')
		p++;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	sc->arg = *p != '\0' ? p : NULL;
	return (0);
}

static int
copy_strings(
    struct image *img, const struct exec_args *ea, const struct script *sc)
{
	struct exec_strings *s = &img->strings;
	int error = 0, skipped = 0;
	size_t start;

	if (sc != NULL) {
		error = add_kernel_string(s, sc->interp);
		s->argc++;
		if (error == 0 && sc->arg != NULL) {
			error = add_kernel_string(s, sc->arg);
			s->argc++;
		}
		if (error == 0)
			error = add_kernel_string(
			    s, ea->path != NULL ? ea->path : "/dev/fd");
		s->argc++;
	}
	start = s->used;
	if (error == 0)
		error = add_list(s, ea->argv, ea->kargv, &skipped);
	if (error != 0)
		return (error);
	if (sc != NULL && skipped > 0) {
		size_t n = strlen(s->text + start) + 1;

		memmove(
		    s->text + start, s->text + start + n, s->used - start - n);
		s->used -= n;
		skipped--;
	}
	s->argc += skipped;
	/* A program may count on an argv[0]. */
	if (s->argc == 0) {
		error = add_kernel_string(s, "");
		s->argc = 1;
	}
	s->env_at = s->used;
	if (error == 0)
		error = add_list(s, ea->envp, ea->kenvp, &s->envc);
	return (error);
}

/* Is vp something that td may run? */
static int
check_file(struct thread *td, struct vnode *vp)
{
	struct vattr va;
	int error;

	if (vp->v_type != VREG)
		return (EACCES);
	rw_rlock(&vp->v_base->v_lock);
	error = vp->v_ops->vo_getattr(vp, &va);
	if (error == 0)
		error = vfs_access(vp, VEXEC, td->td_proc->p_cred);
	rw_runlock(&vp->v_base->v_lock);
	if (error == 0 && (va.va_mode & 0111) == 0)
		error = EACCES;
	if (error == 0 && (vp->v_mount->mnt_flags & MNT_NOEXEC))
		error = EACCES;
	return (error);
}

static int
open_program(struct thread *td, const char *path, int fd, struct vnode **vpp)
{
	struct file *fp;
	int error;

	if (path != NULL)
		return (namei_vnode(td, path, vpp));
	error = fd_get(td, fd, 0, &fp);
	if (error != 0)
		return (error);
	if (fp->f_type == DTYPE_VNODE) {
		*vpp = fp->f_vnode;
		vnode_hold(*vpp);
	} else {
		error = EACCES;
	}
	file_release(fp);
	return (error);
}

/* The program, or the interpreter that a script names. */
static int
find_program(struct thread *td, struct exec_args *ea, struct image *img,
    struct script *sc, bool *is_script)
{
	size_t left = 0;
	int error = open_program(td, ea->path, ea->fd, &img->vp);

	if (error == 0)
		error = check_file(td, img->vp);
	if (error == 0)
		error = vn_pread(img->vp, sc->line, SHELL_LINE, 0, &left);
	if (error != 0)
		return (error);
	*is_script = sc->line[0] == '#' && sc->line[1] == '!';
	if (!*is_script)
		return (0);
	error = parse_script(sc);
	if (error != 0)
		return (error);
	vnode_release(img->vp);
	img->vp = NULL;
	error = namei_vnode(td, sc->interp, &img->vp);
	return (error != 0 ? error : check_file(td, img->vp));
}

static void
set_name(struct proc *p, struct thread *td, struct image *img, const char *path)
{
	const char *base = path != NULL ? strrchr(path, '/') : NULL;
	char *args = kmem_alloc(img->strings.env_at, 0);
	char *full = kmem_strdup(img->path), *old_path, *old_args;
	size_t old_len;

	if (args != NULL)
		memcpy(args, img->strings.text, img->strings.env_at);
	base = base != NULL ? base + 1 : path != NULL ? path : "fexecve";
	spin_lock(&p->p_lock);
	strlcpy(p->p_comm, base, sizeof(p->p_comm));
	old_path = p->p_path;
	p->p_path = full;
	old_args = p->p_args;
	old_len = p->p_argslen;
	p->p_args = args;
	p->p_argslen = img->strings.env_at;
	spin_unlock(&p->p_lock);
	strlcpy(td->td_name, base, sizeof(td->td_name));
	kmem_strfree(old_path);
	if (old_args != NULL)
		kmem_free(old_args, old_len);
}

/* Set-user-ID and set-group-ID programs. */
static int
change_ids(struct proc *p, struct vnode *vp)
{
	struct vattr va;
	struct cred *cr, *old;
	int error;

	error = vn_getattr(vp, &va);
	if (error != 0 || (va.va_mode & 06000) == 0 ||
	    (vp->v_mount->mnt_flags & MNT_NOSUID))
		return (error);
	cr = cred_copy(p->p_cred);
	if (cr == NULL)
		return (ENOMEM);
	if (va.va_mode & 04000)
		cr->cr_uid = va.va_uid;
	if (va.va_mode & 02000)
		cr->cr_gid = va.va_gid;
	cr->cr_svuid = cr->cr_uid;
	cr->cr_svgid = cr->cr_gid;
	spin_lock(&p->p_lock);
	old = p->p_cred;
	p->p_cred = cr;
	proc_flags_set(p, P_SUGID);
	spin_unlock(&p->p_lock);
	cred_release(old);
	return (0);
}

/* The point of no return is behind: the process gets its new memory. */
static int
take_over(struct thread *td, struct image *img, const char *path)
{
	struct proc *p = td->td_proc;
	struct vmspace *old = p->p_vm;
	struct vnode *old_text = p->p_textvp;
	uint64_t entry;
	int error;

	umtx_exec(td);
	spin_lock(&p->p_lock);
	p->p_vm = img->vm;
	spin_unlock(&p->p_lock);
	vmspace_activate(img->vm);
	img->vm = NULL;
	if (old != NULL)
		vmspace_release(old);
	proc_vfork_done(p);
	spin_lock(&p->p_lock);
	p->p_textvp = img->vp;
	spin_unlock(&p->p_lock);
	img->vp = NULL;
	if (old_text != NULL)
		vn_text_release(old_text);
	set_name(p, td, img, path);
	p->p_osrel = img->osrel;
	p->p_abi = img->abi;
	fdtable_exec(td);
	sig_exec(p);
	itimer_exec(p);
	spin_lock(&p->p_lock);
	proc_flags_set(p, P_EXEC);
	proc_flags_clear(p, P_SUGID | P_KERNEL);
	spin_unlock(&p->p_lock);
	error = change_ids(p, p->p_textvp);
	if (error == 0)
		error = img->abi->abi_exec_stack(td, img);
	if (error != 0)
		return (error);
	entry = img->interp_vp != NULL ? img->interp.entry + img->interp_base
				       : img->elf.entry + img->base;
	md_set_regs(td, entry, img->stack_pointer, img->stack_arg);
	event_notify(&p->p_events, NOTE_EXEC);
	return (0);
}

static void
image_free(struct image *img)
{
	if (img->vm != NULL)
		vmspace_release(img->vm);
	if (img->vp != NULL && img->text)
		vn_text_release(img->vp);
	else if (img->vp != NULL)
		vnode_release(img->vp);
	if (img->interp_vp != NULL)
		vnode_release(img->interp_vp);
	kmem_free(img->strings.text, img->strings.room);
	kmem_free(img, sizeof(*img));
}

/* All that can fail without harm. */
static int
prepare(struct thread *td, struct exec_args *ea, struct image *img)
{
	struct script *sc = kmem_alloc(sizeof(*sc), KM_ZERO);
	bool is_script = false;
	int error;

	if (sc == NULL)
		return (ENOMEM);
	error = find_program(td, ea, img, sc, &is_script);
	if (error == 0) {
		error = vn_exec_begin(img->vp);
		img->text = error == 0;
	}
	if (error == 0)
		error = image_read(td, img);
	if (img->interp_failed && ea->interp != NULL)
		strlcpy(ea->interp, img->interp_path, INTERP_PATH_MAX);
	if (error == 0)
		error = copy_strings(img, ea, is_script ? sc : NULL);
	kmem_free(sc, sizeof(*sc));
	if (error == 0 &&
	    vn_path(td, img->vp, img->path, sizeof(img->path)) != 0)
		img->path[0] = '\0';
	if (error == 0 && (img->vm = vmspace_create()) == NULL)
		error = ENOMEM;
	if (error == 0)
		error = image_map(img);
	if (error == 0)
		error = md_thread_user(td);
	return (error);
}

static int
new_image(struct thread *td, struct exec_args *ea, struct image **imgp)
{
	struct image *img = kmem_alloc(sizeof(*img), KM_ZERO);
	int error;

	if (img == NULL)
		return (ENOMEM);
	error = prepare(td, ea, img);
	if (error != 0)
		image_free(img);
	*imgp = img;
	return (error);
}

int
kern_exec(struct thread *td, struct exec_args *ea)
{
	struct image *img;
	int error;

	do
		error = new_image(td, ea, &img);
	while (error == ENOMEM && pageout_wait());
	if (error != 0)
		return (error);
	error = proc_single(td, true);
	if (error != 0) {
		image_free(img);
		return (error);
	}
	proc_single_end(td);
	error = take_over(td, img, ea->path);
	image_free(img);
	if (error != 0) {
		kprintf("exec: %s, pid %d: error %d after the old image was "
			"gone\n",
		    td->td_name, td->td_proc->p_pid, error);
		kern_exit(td, 0, SIGKILL);
	}
	return (EJUSTRETURN);
}

int
exec_first(struct thread *td, struct exec_args *ea)
{
	int error = kern_exec(td, ea);

	if (error == EJUSTRETURN) {
		boot_step("first user instruction");
		md_user_enter();
	}
	return (error);
}
