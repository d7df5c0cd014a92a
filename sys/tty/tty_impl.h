/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A terminal's inside, shared by tty.c (files, ioctls, job control),
 * tty_ldisc.c (what happens to characters) and pty.c.
 */
#ifndef TTY_TTY_IMPL_H
#define TTY_TTY_IMPL_H

#include "tty/tty.h"

#define TTY_INPUT    4096u /* characters; powers of two */
#define TTY_OUTPUT   8192u
#define TTY_LINE_MAX (TTY_INPUT - 16)
#define TTY_ECHO_MAX 768u /* output of one character of input, about */

/* An input character: the byte, and what the line discipline knows of it. */
#define TC_CHAR	  0x00ff
#define TC_END	  0x0100 /* ends a line */
#define TC_EOF	  0x0200 /* only ends it: in canonical mode no byte */
#define TC_QUOTED 0x0400 /* VLNEXT came before: never an end */

/* Guarded by (g) all terminals' lock, (l) t_lock, (t) proctree_lock, (!) set
 * once, (a) atomic. */
struct tty {
	struct list t_link; /* (g) all terminals */
	struct spin t_lock;
	const struct ttydev_ops *t_ops; /* (!) */
	void *t_arg;			/* (!) */
	struct cdev *t_dev;		/* (l) stays as long as there are files
					   or a session */
	char t_name[16];		/* (!) */
	struct termios t_termios;	/* (l) */
	struct termios t_fixed;		/* (l) bits, characters and speeds
					   that TIOCSETA can't change */
	struct winsize t_winsize;	/* (l) */

	struct mutex t_rings; /* makes the two rings; they stay */
	uint16_t *t_in;	      /* (l) ring of TC_* */
	unsigned t_in_first;  /* (l) oldest; free-running */
	unsigned t_in_ready;  /* (l) end of what may be read */
	unsigned t_in_last;   /* (l) end of the line being edited */
	bool t_lnext;	      /* (l) next character is literal */
	bool t_throttled;     /* (l) tty_input() refused some */
	bool t_held;	      /* (l) and VSTOP went out for it */
	struct cv t_in_cv;    /* with t_lock: t_in_ready moved */

	char *t_out;	      /* (l) ring */
	unsigned t_out_sent;  /* (l) up to where the device is done;
				 free-running, as the others */
	unsigned t_out_first; /* (l) up to where it has taken it */
	unsigned t_out_last;  /* (l) */
	unsigned t_echo_from; /* (l) where one character's echo began */
	unsigned t_writing;   /* (a) calls that have more to put there */
	unsigned t_column;    /* (l) of the cursor, for tabs */
	bool t_stopped;	      /* (l) by VSTOP or TIOCSTOP */
	unsigned t_drainwait; /* (a) seconds of tcdrain(3) without
				 progress; 0: any number */
	struct cv t_out_cv;   /* with t_lock: room, or all gone */

	bool t_gone;		   /* (l) hung up: reads end, writes fail */
	unsigned t_opens;	   /* (l) files */
	unsigned t_revocable;	   /* (l) those that revoke(2) ends */
	uintptr_t t_generation;	   /* (l) read without: grows by revoke(2) */
	bool t_exclusive;	   /* (l) TIOCEXCL */
	struct session *t_session; /* (t) that it controls */
	struct pgrp *t_pgrp;	   /* (t) foreground */
	uint64_t t_signals;	   /* (a) bit for each signal to be sent
				      to the foreground group */
	struct list t_siglink;	   /* (tty_signals' lock) */
	struct event_source t_events;
};

static inline unsigned
tty_out_used(const struct tty *tp)
{
	return (tp->t_out_last - tp->t_out_first);
}

/* tty_ldisc.c; t_lock held. */
bool ldisc_input(struct tty *tp, unsigned char c); /* false: no room */
void ldisc_break(struct tty *tp);
void ldisc_bad_char(struct tty *tp, unsigned char c);
bool ldisc_output(struct tty *tp, unsigned char c); /* false: no room */
/* What is queued is looked at anew, where it matters. */
void ldisc_mode_changed(struct tty *tp, const struct termios *old);
/* Input was refused, or is taken again; some was read: VSTOP and VSTART. */
void ldisc_throttle(struct tty *tp, bool throttled);
void ldisc_input_taken(struct tty *tp);
void ldisc_flush_input(struct tty *tp);
void ldisc_flush_output(struct tty *tp);
/* Bytes that read() would get now. */
size_t ldisc_readable(const struct tty *tp);

/* What a terminal begins with. */
extern const struct termios tty_initial_termios;
/* tty_open.c: files on a terminal, revoke(2).  Has this one been revoked? */
bool tty_revoked(const struct file *fp);
void tty_close(struct file *fp) __sleeps;
/* fp is a file on it from now on; tty_close() takes it back.  `forever`:
 * revoke(2) doesn't concern it (the console's). t_lock held. */
void tty_add_file(struct tty *tp, struct file *fp, bool forever);
/* Opens and revokes as a terminal's device does. */
void tty_set_device(struct cdev *dev);
void tty_device_revoke(struct cdev *dev) __sleeps;

/* Memory for the rings, before input or output: 0 or ENOMEM. */
int tty_need_rings(struct tty *tp) __sleeps;
/*
 * May the caller use its terminal now? A process in the background gets
 * `sig`, and the call is tried again when it is continued; with the signal
 * ignored or blocked, or nobody to continue it, EIO for reading and a yes
 * for the rest.
 */
int tty_check_foreground(struct tty *tp, int sig) __sleeps;
/* Is it p's controlling terminal? proctree_lock held. */
bool tty_is_controlling(const struct tty *tp, const struct proc *p);
/* The terminal is no session's any more. proctree_lock held. */
void tty_forget_session(struct tty *tp);
/* Waits on one of the terminal's cvs; t_lock held.  ERESTART if it has been
 * revoked meanwhile: tried again, the call finds that out. */
int tty_wait(struct tty *tp, struct cv *cv, uint64_t deadline) __sleeps;
/* Waits until all output is out, for ns without progress (0: any time): EAGAIN,
 * or as tty_wait(). */
int tty_drain(struct tty *tp, uint64_t patience) __sleeps;
int tty_file_ioctl(
    struct file *fp, unsigned long cmd, void *data, struct thread *td) __sleeps;
/* As new, for another user: nobody has it open. */
void tty_reset(struct tty *tp);
/* A signal for the foreground group, from any context. */
void tty_signal(struct tty *tp, int sig);
/* t_lock not held: the device has output to take. */
void tty_start(struct tty *tp);

#endif
