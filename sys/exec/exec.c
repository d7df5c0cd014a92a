/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * execve(2).  Everything that can fail is done before the old image is touched:
 * the file is read and checked, the strings are copied, the new address space
 * with its stack is built beside the old one; then the other threads stand
 * still, and the process's new credentials, and signal actions and descriptors
 * of its own where it shares them, are made.  Then the other threads are ended,
 * and all of it is exchanged under p_lock, so that nobody ever sees one
 * program's memory with another one's rights.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "exec/exec.h"
#include "ipc/sysv_shm.h"
#include "proc/abi.h"
#include "file/file.h"
#include "core/printf.h"
#include "proc/signal.h"
#include "time/time.h"
#include "ipc/umtx.h"
#include "vfs/aio.h"
#include "vfs/namei.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"
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

/* By a descriptor it has none but this one. */
static int
add_script_name(struct exec_strings *s, const struct exec_args *ea)
{
	char name[24];

	if (ea->path != NULL)
		return (add_kernel_string(s, ea->path));
	snprintf(name, sizeof(name), "/dev/fd/%d", ea->fd);
	return (add_kernel_string(s, name));
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
			error = add_script_name(s, ea);
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
	/* No list at all is an empty one. */
	if (error == 0 && (ea->envp != 0 || ea->kenvp != NULL))
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
	error = vop_getattr(vp, &va);
	if (error == 0)
		error = vfs_access(vp, VEXEC, td->td_cred);
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
	int error = open_program(td, ea->path, ea->fd, &img->next.text);

	if (error == 0)
		error = check_file(td, img->next.text);
	if (error == 0)
		error =
		    vn_pread(img->next.text, sc->line, SHELL_LINE, 0, &left);
	if (error != 0)
		return (error);
	*is_script = sc->line[0] == '#' && sc->line[1] == '!';
	if (!*is_script)
		return (0);
	error = parse_script(sc);
	if (error != 0)
		return (error);
	vnode_release(img->next.text);
	img->next.text = NULL;
	error = namei_vnode(td, sc->interp, &img->next.text);
	return (error != 0 ? error : check_file(td, img->next.text));
}

/* argv, path and short name. */
static int
name_image(struct image *img, const char *path)
{
	const char *base = path != NULL ? strrchr(path, '/') : NULL;

	base = base != NULL ? base + 1 : path != NULL ? path : "fexecve";
	strlcpy(img->comm, base, sizeof(img->comm));
	img->next.args = pstr_of(img->strings.text, img->strings.env_at);
	img->next.path = pstr_of(img->path, strlen(img->path) + 1);
	return (img->next.args == NULL || img->next.path == NULL ? ENOMEM : 0);
}

/*
 * Set-user-ID and set-group-ID programs.  Others have their effective ids as
 * saved ones, too.
 */
static int
new_cred(struct proc *p, struct image *img)
{
	struct cred *old = p->p_image.cred, *cr;
	struct vattr va;
	int error = vn_getattr(img->next.text, &va);
	bool uid, gid;

	if (error != 0)
		return (error);
	uid = (va.va_mode & 04000) != 0 && va.va_uid != old->cr_uid;
	gid = (va.va_mode & 02000) != 0 && va.va_gid != old->cr_gid;
	img->setid = (uid || gid) && !(p->p_flags & P_NONEWPRIVS) &&
		     (img->next.text->v_mount->mnt_flags & MNT_NOSUID) == 0;
	if (!img->setid && old->cr_svuid == old->cr_uid &&
	    old->cr_svgid == old->cr_gid) {
		img->next.cred = cred_hold(old);
		return (0);
	}
	cr = img->next.cred = cred_copy(old);
	if (cr == NULL)
		return (ENOMEM);
	if (img->setid && uid)
		cr->cr_uid = va.va_uid;
	if (img->setid && gid)
		cr->cr_gid = va.va_gid;
	cr->cr_svuid = cr->cr_uid;
	cr->cr_svgid = cr->cr_gid;
	return (0);
}

/* What the process shares with others and no longer will, and its rights. All
 * its other threads stand still. */
static int
new_resources(struct thread *td, struct image *img)
{
	struct proc *p = td->td_proc;
	int error = new_cred(p, img);

	if (error == 0)
		error = sigacts_exec_copy(p, &img->sigacts);
	if (error == 0)
		error = fdtable_exec_copy(td, &img->files);
	if (error == 0 && img->setid &&
	    fdtable_lacks_std(img->files != NULL ? img->files : p->p_fd))
		error = vn_open_file(
		    td, "/dev/null", NULL, FREAD | FWRITE, 0, &img->null);
	return (error);
}

#define EXCHANGE(a, b)                                                         \
	do {                                                                   \
		__typeof__(a) old_ = (a);                                      \
		(a) = (b);                                                     \
		(b) = old_;                                                    \
	} while (0)

/* issetugid(2) says no again when a program starts with the ids of its user.
 * p_lock held. */
static void
change_flags(struct proc *p, const struct image *img)
{
	const struct cred *cr = p->p_image.cred;

	if (img->setid)
		proc_flags_set(p, P_SUGID);
	else if (cr->cr_uid == cr->cr_ruid && cr->cr_gid == cr->cr_rgid)
		proc_flags_clear(p, P_SUGID);
	if (!(p->p_flags & P_NOTRACE_EXEC))
		proc_flags_clear(p, P_NOTRACE);
	proc_flags_clear(p, P_KERNEL | P_BARRIERS);
	proc_flags_set(p, P_EXEC);
}

/*
 * The process becomes the new program, for all who look: they do it under
 * p_lock.  Nothing here can fail.
 */
static void
exchange(struct proc *p, struct image *img)
{
	spin_lock(&p->p_lock);
	EXCHANGE(p->p_image, img->next);
	if (img->sigacts != NULL)
		EXCHANGE(p->p_sigacts, img->sigacts);
	if (img->files != NULL)
		EXCHANGE(p->p_fd, img->files);
	memcpy(p->p_comm, img->comm, sizeof(p->p_comm));
	p->p_osrel = img->osrel;
	p->p_abi = img->abi;
	change_flags(p, img);
	if (img->setid)
		p->p_pdeathsig = p->p_procctl = 0;
	spin_unlock(&p->p_lock);
}

static void
take_over(struct thread *td, struct image *img)
{
	struct proc *p = td->td_proc;
	uint64_t entry;

	umtx_exec(td);
	aio_leave(p);
	td->td_exterr_user = 0;
	exchange(p, img);
	vmspace_activate(p->p_image.vm);
	cred_refresh(td);
	memcpy(td->td_name, img->comm, sizeof(td->td_name));
	if (img->next.vm != NULL)
		vmspace_release(img->next.vm);
	img->next.vm = NULL;
	proc_vfork_done(p);
	fdtable_exec(td);
	if (img->null != NULL)
		fdtable_fill_std(td, img->null);
	sig_exec(p);
	itimer_exec(p);
	entry = img->interp_vp != NULL ? img->interp.entry + img->interp_base
				       : img->elf.entry + img->base;
	md_set_regs(td, entry, img->stack_pointer, img->stack_arg);
	event_notify(&p->p_events, NOTE_EXEC);
}

static void
image_free(struct image *img)
{
	if (img->next.vm != NULL)
		vmspace_release(img->next.vm);
	if (img->next.text != NULL && img->text)
		vn_text_release(img->next.text);
	else if (img->next.text != NULL)
		vnode_release(img->next.text);
	if (img->interp_vp != NULL)
		vnode_release(img->interp_vp);
	if (img->next.cred != NULL)
		cred_release(img->next.cred);
	if (img->sigacts != NULL)
		sigacts_release(img->sigacts);
	if (img->files != NULL)
		fdtable_release(img->files);
	if (img->null != NULL)
		file_release(img->null);
	pstr_release(img->next.args);
	pstr_release(img->next.path);
	kmem_free(img->strings.text, img->strings.room);
	kmem_free(img, sizeof(*img));
}

/* All that doesn't change while other threads still run. */
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
		error = vn_exec_begin(img->next.text);
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
	    vn_path(td, img->next.text, img->path, sizeof(img->path)) != 0)
		img->path[0] = '\0';
	if (error == 0)
		error = name_image(img, ea->path);
	if (error == 0 &&
	    (img->next.vm = vmspace_create(img->random >> 32)) == NULL)
		error = ENOMEM;
	if (error == 0)
		error = image_map(img);
	if (error == 0)
		error = img->abi->abi_exec_stack(td, img);
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
	error = proc_single(td, false);
	if (error == 0) {
		error = new_resources(td, img);
		/* The first one to be alone can't be refused the second. */
		if (error == 0)
			error = proc_single(td, true);
		proc_single_end(td);
	}
	if (error == 0)
		take_over(td, img);
	image_free(img);
	return (error == 0 ? EJUSTRETURN : error);
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

int
image_fork(struct proc *p, struct proc *parent, bool share_memory)
{
	struct vmspace *vs = parent->p_image.vm;

	/* While the parent forks it doesn't exec: that takes a thread alone. */
	p->p_image.text = parent->p_image.text;
	if (p->p_image.text != NULL)
		vn_text_hold(p->p_image.text);
	if (vs == NULL)
		return (0);
	if (share_memory)
		vmspace_hold(p->p_image.vm = vs);
	else if (atomic_load(&vs->vs_shm) != NULL)
		p->p_image.vm = shm_fork_space(vs);
	else
		p->p_image.vm = vmspace_fork(vs);
	return (p->p_image.vm == NULL ? ENOMEM : 0);
}

void
image_exit(struct proc *p)
{
	struct vnode *text;
	struct vmspace *vs;

	spin_lock(&p->p_lock);
	text = p->p_image.text;
	vs = p->p_image.vm;
	p->p_image.text = NULL;
	p->p_image.vm = NULL;
	spin_unlock(&p->p_lock);
	if (text != NULL)
		vn_text_release(text);
	if (vs == NULL)
		return;
	if (p == curproc())
		pmap_activate(NULL);
	vmspace_release(vs);
}
