/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TTY_TTY_H
#define TTY_TTY_H

#include "fbsd/termios.h"
#include "file/file.h"

/*
 * A terminal: line discipline between a device below (virtio port, serial
 * port, pty master) and programs above.
 *
 * The device calls tty_input() for what comes in, from any context, and
 * takes output from tty_output_get() when its `start` is called.
 */
struct tty;
struct ttydev_ops {
	/* There is output: take it by tty_output_get(), now or later. Any
	 * context, t_lock not held. */
	void (*td_start)(struct tty *tp, void *arg);
	/* Room for input again after tty_input() took less than all. */
	void (*td_unthrottle)(struct tty *tp, void *arg);
	void (*td_param)(struct tty *tp, void *arg);  /* termios changed */
	void (*td_closed)(struct tty *tp, void *arg); /* last close */
	/* What was written is gone with the last close, unless it is taken
	 * soon; else it waits for the device. */
	bool td_discards;
	/* The device's own ioctls, may be NULL; ENOTTY: it isn't. */
	int (*td_ioctl)(
	    struct tty *tp, void *arg, unsigned long cmd, void *data);
};

/* Without a device for programs to open. NULL: no memory. */
struct tty *tty_create(
    const struct ttydev_ops *ops, void *arg, const char *name);
/* The one that was made after tp (NULL: the first), or NULL: they all stay. */
struct tty *tty_next(struct tty *tp);
/* Makes /dev/<name>, which is uid's, in place of what it was before: ENOMEM. No
 * file and no session has the terminal. */
int tty_publish(struct tty *tp, uid_t uid) __sleeps;
size_t tty_input(struct tty *tp, const char *s, size_t n); /* taken */
/* A break, or a character that arrived damaged: what termios says of it. */
enum tty_fault { TTY_BREAK, TTY_BAD_CHAR };
void tty_input_fault(struct tty *tp, enum tty_fault fault, char c);
/* Output for the device, up to n bytes; any context. */
size_t tty_output_get(struct tty *tp, char *buf, size_t n);
/* The same for a device that keeps it for a while, under a lock of its own:
 * after that is released it must say, and again when all is out, up to which
 * position (t_out_first) it is. */
size_t tty_output_take(struct tty *tp, char *buf, size_t n);
void tty_output_sent(struct tty *tp, unsigned position);
/* At the machine's end: nobody else uses the terminal any more, and what is in
 * it is for the device, stopped or not. */
void tty_output_seize(struct tty *tp);
size_t tty_output_rest(struct tty *tp, char *buf, size_t n);
void tty_hangup(struct tty *tp); /* carrier lost: SIGHUP, EOF */
void tty_set_winsize(struct tty *tp, const struct winsize *ws);
/* A file on the terminal for run.c: as if opened. */
int tty_open_file(
    struct thread *td, struct tty *tp, int flags, struct file **fpp) __sleeps;
/* Makes tp the controlling terminal of p's session: p leads it. */
int tty_set_controlling(struct tty *tp, struct proc *p) __sleeps;
/* Session's leader exits: hang up, revoke, forget. proctree_lock held. */
void tty_session_gone(struct tty *tp, struct session *s);
/* ioctls of a terminal, whoever is in the foreground; data is the kernel's
 * copy, fflag what the file was opened for. */
int tty_ioctl(struct tty *tp, unsigned long cmd, void *data, uint32_t fflag,
    struct thread *td) __sleeps;
/* All files on it are dead: reads end, all else fails.  What hasn't been read
 * is lost, and so is output if drop_output says so.  Any thread. */
void tty_revoke(struct tty *tp, bool drop_output);
extern const struct fileops tty_fileops;
dev_t tty_dev(struct tty *tp);
const char *tty_name(struct tty *tp);

#endif
