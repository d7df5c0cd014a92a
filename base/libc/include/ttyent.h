/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of /etc/ttys: getttyent(3). */
#ifndef _TTYENT_H
#define _TTYENT_H

#ifdef __cplusplus
extern "C" {
#endif

#define _PATH_TTYS "/etc/ttys"

#define TTY_ON	   0x01 /* ty_status: init runs ty_getty on it */
#define TTY_SECURE 0x02 /* root may log in */

struct ttyent {
	char *ty_name;	  /* below /dev */
	char *ty_getty;	  /* a command, or NULL */
	char *ty_type;	  /* of the terminal, or NULL */
	int ty_status;	  /* TTY_ flags */
	char *ty_window;  /* a command, or NULL */
	char *ty_comment; /* or NULL */
	char *ty_group;	  /* or NULL */
};

struct ttyent *getttyent(void);
struct ttyent *getttynam(const char *);
int setttyent(void);
int endttyent(void);

#ifdef __cplusplus
}
#endif

#endif
