/* SPDX-License-Identifier: BSD-2-Clause */
#include "disk/geom_ctl.h"
#include "amd64/md.h"
#include "core/device.h"
#include "fbsd/errno.h"
#include "fbsd/filio.h"
#include "file/cdev.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define OPERATOR_GID 5
#define VERSION	     2
#define ARGS_MAX     2048
#define NAME_MAX     255
#define BYTES_MAX    (1ul << 20) /* of all arguments */

/* FreeBSD's struct gctl_req and gctl_req_arg. */
struct user_arg {
	uint32_t nlen; /* with the NUL */
	char __user *name;
	int64_t offset;
	int32_t flag; /* ARG_* */
	int32_t len;
	void __user *value;
	uint64_t kernel;
};
_Static_assert(sizeof(struct user_arg) == 48, "gctl_req_arg");

struct user_req {
	uint32_t version;
	uint32_t serial;
	uint32_t narg;
	struct user_arg __user *arg;
	uint32_t lerror;
	char __user *error;
	uint64_t table;
	int32_t nerror;
	uint64_t serror;
};
_Static_assert(sizeof(struct user_req) == 64, "gctl_req");

#define GEOM_CTL  _IOW('G', VERSION, struct user_req)

#define ARG_READ  1
#define ARG_WRITE 2
#define ARG_TEXT  4

int
geom_error(struct geom_req *req, int error, const char *fmt, ...)
{
	va_list ap;

	if (req->gr_error[0] != '\0')
		return (error);
	va_start(ap, fmt);
	vsnprintf(req->gr_error, sizeof(req->gr_error), fmt, ap);
	va_end(ap);
	return (error);
}

struct geom_arg *
geom_find(const struct geom_req *req, const char *name)
{
	for (unsigned i = 0; i < req->gr_count; i++)
		if (strcmp(req->gr_args[i].ga_name, name) == 0)
			return (&req->gr_args[i]);
	return (NULL);
}

const char *
geom_text(const struct geom_req *req, const char *name)
{
	const struct geom_arg *ga = geom_find(req, name);

	if (ga == NULL || !ga->ga_read ||
	    memchr(ga->ga_value, '\0', ga->ga_len) == NULL)
		return (NULL);
	return (ga->ga_value);
}

const void *
geom_bytes(const struct geom_req *req, const char *name, size_t len)
{
	const struct geom_arg *ga = geom_find(req, name);

	return (ga != NULL && ga->ga_read && ga->ga_len == len ? ga->ga_value
							       : NULL);
}

void
geom_output(struct geom_req *req, const char *fmt, ...)
{
	struct geom_arg *ga = geom_find(req, "output");
	va_list ap;

	if (ga == NULL || !ga->ga_written)
		return;
	va_start(ap, fmt);
	vsnprintf(ga->ga_value, ga->ga_len, fmt, ap);
	va_end(ap);
	ga->ga_changed = true;
}

/* One argument: its name, and its value or memory for that. */
static int
take_arg(struct geom_req *req, const struct user_arg *ua, struct geom_arg *ga)
{
	int error;

	if (ua->nlen < 1 || ua->nlen > NAME_MAX || ua->len <= 0)
		return (geom_error(req, EINVAL, "wrong length of an argument"));
	ga->ga_nlen = ua->nlen;
	ga->ga_name = kmem_alloc(ua->nlen, KM_ZERO);
	ga->ga_value = kmem_alloc((size_t)ua->len, KM_ZERO);
	if (ga->ga_name == NULL || ga->ga_value == NULL)
		return (ENOMEM);
	ga->ga_read = (ua->flag & ARG_READ) != 0;
	ga->ga_written = (ua->flag & ARG_WRITE) != 0;
	ga->ga_text = (ua->flag & ARG_TEXT) != 0;
	ga->ga_to = ua->value;
	error = copyin(ua->name, ga->ga_name, ua->nlen);
	if (error == 0 && ga->ga_read)
		error = copyin(ua->value, ga->ga_value, ga->ga_len);
	if (error != 0)
		return (error);
	if (ga->ga_name[ua->nlen - 1] != '\0' ||
	    (ga->ga_read && ga->ga_text &&
		((char *)ga->ga_value)[ga->ga_len - 1] != '\0'))
		return (geom_error(req, EINVAL, "unterminated argument"));
	return (0);
}

static int
take_args(struct geom_req *req, const struct user_req *ur)
{
	size_t left = BYTES_MAX;
	struct user_arg ua;
	int error = 0;

	if (ur->narg > ARGS_MAX)
		return (geom_error(req, EINVAL, "too many arguments"));
	if (ur->narg == 0)
		return (0);
	req->gr_args = kmem_alloc(ur->narg * sizeof(struct geom_arg), KM_ZERO);
	if (req->gr_args == NULL)
		return (ENOMEM);
	req->gr_count = ur->narg;
	for (unsigned i = 0; i < ur->narg && error == 0; i++) {
		error = copyin(&ur->arg[i], &ua, sizeof(ua));
		if (error == 0 && ua.len > 0 && (size_t)ua.len > left)
			error = geom_error(req, EINVAL, "too long arguments");
		if (error != 0)
			break;
		req->gr_args[i].ga_len = ua.len > 0 ? (size_t)ua.len : 0;
		left -= req->gr_args[i].ga_len;
		error = take_arg(req, &ua, &req->gr_args[i]);
	}
	return (error);
}

static void
free_args(struct geom_req *req)
{
	for (unsigned i = 0; i < req->gr_count; i++) {
		struct geom_arg *ga = &req->gr_args[i];

		if (ga->ga_name != NULL)
			kmem_free(ga->ga_name, ga->ga_nlen);
		if (ga->ga_value != NULL)
			kmem_free(ga->ga_value, ga->ga_len);
	}
	if (req->gr_args != NULL)
		kmem_free(
		    req->gr_args, req->gr_count * sizeof(struct geom_arg));
}

static int
return_args(const struct geom_req *req)
{
	int error = 0;

	for (unsigned i = 0; i < req->gr_count && error == 0; i++) {
		const struct geom_arg *ga = &req->gr_args[i];

		if (ga->ga_changed)
			error = copyout(ga->ga_value, ga->ga_to, ga->ga_len);
	}
	return (error);
}

static void
do_request(struct geom_req *req)
{
	static const char *const plain[] = {"DISK", "LABEL", "MD"};
	const char *class = geom_text(req, "class"),
		   *verb = geom_text(req, "verb");

	if (class == NULL) {
		(void)geom_error(req, EINVAL, "Missing class argument");
		return;
	}
	if (verb == NULL) {
		(void)geom_error(req, EINVAL, "Verb missing");
		return;
	}
	for (unsigned i = 0; i < nitems(plain); i++)
		if (strcmp(class, plain[i]) == 0)
			(void)geom_error(
			    req, EINVAL, "Class takes no requests");
	/* Who wants a part of the tree takes all of it then. */
	if (strcmp(class, "PART") == 0 && strcmp(verb, "getxml") == 0)
		(void)geom_error(req, EINVAL, "See kern.geom.confxml");
	else if (strcmp(class, "PART") == 0)
		geom_part_request(req, verb);
	else
		(void)geom_error(req, EINVAL, "Class not found: \"%s\"", class);
}

/* What went wrong, in words if there is something to say. */
static int
answer(struct geom_req *req, const struct user_req *ur, int error)
{
	const size_t len = MIN(strlen(req->gr_error) + 1, (size_t)ur->lerror);
	int told;

	if (req->gr_error[0] == '\0')
		return (error != 0 ? error : return_args(req));
	req->gr_error[len - 1] = '\0';
	told = copyout(req->gr_error, ur->error, len);
	return (told != 0 ? told : EINVAL);
}

static int
ctl_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	const struct user_req *ur = data;
	struct geom_req *req;
	int error;

	if (cmd != GEOM_CTL)
		return (ENOTTY);
	if (ur->lerror < 2 || copyout("", ur->error, 1) != 0)
		return (EINVAL);
	req = kmem_alloc(sizeof(*req), KM_ZERO);
	if (req == NULL)
		return (ENOMEM);
	if (ur->version != VERSION)
		error = geom_error(
		    req, EINVAL, "kernel and libgeom version mismatch.");
	else
		error = take_args(req, ur);
	if (error == 0)
		do_request(req);
	error = answer(req, ur, error);
	free_args(req);
	kmem_free(req, sizeof(*req));
	return (error);
}

static const struct fileops ctl_fileops = {
    .fo_ioctl = ctl_ioctl, .fo_passable = true, .fo_device = true};

static void
geom_attach(void)
{
	(void)make_dev(&ctl_fileops, NULL, 0640, 0, OPERATOR_GID, "geom.ctl");
}

static const struct driver geom_driver = {
    .d_name = "geom", .d_attach = geom_attach, .d_late = true};
DRIVER_SET(geom_driver);
