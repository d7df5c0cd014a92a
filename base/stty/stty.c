/* SPDX-License-Identifier: BSD-2-Clause */

/* stty: shows and sets what a terminal does with characters. */

#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios t;
static struct winsize size;

/* A word that stands for a bit, or -word for none; `usual` after "sane". */
static const struct mode {
	const char *name;
	tcflag_t *word;
	tcflag_t bit;
	bool usual;
} modes[] = {
    {"icanon", &t.c_lflag, ICANON, true},
    {"isig", &t.c_lflag, ISIG, true},
    {"iexten", &t.c_lflag, IEXTEN, true},
    {"echo", &t.c_lflag, ECHO, true},
    {"echoe", &t.c_lflag, ECHOE, true},
    {"echok", &t.c_lflag, ECHOK, false},
    {"echoke", &t.c_lflag, ECHOKE, true},
    {"echonl", &t.c_lflag, ECHONL, false},
    {"echoctl", &t.c_lflag, ECHOCTL, true},
    {"echoprt", &t.c_lflag, ECHOPRT, false},
    {"altwerase", &t.c_lflag, ALTWERASE, false},
    {"noflsh", &t.c_lflag, NOFLSH, false},
    {"tostop", &t.c_lflag, TOSTOP, false},
    {"flusho", &t.c_lflag, FLUSHO, false},
    {"pendin", &t.c_lflag, PENDIN, false},
    {"nokerninfo", &t.c_lflag, NOKERNINFO, false},
    {"extproc", &t.c_lflag, EXTPROC, false},
    {"istrip", &t.c_iflag, ISTRIP, false},
    {"icrnl", &t.c_iflag, ICRNL, true},
    {"inlcr", &t.c_iflag, INLCR, false},
    {"igncr", &t.c_iflag, IGNCR, false},
    {"ixon", &t.c_iflag, IXON, true},
    {"ixoff", &t.c_iflag, IXOFF, false},
    {"ixany", &t.c_iflag, IXANY, true},
    {"imaxbel", &t.c_iflag, IMAXBEL, true},
    {"ignbrk", &t.c_iflag, IGNBRK, false},
    {"brkint", &t.c_iflag, BRKINT, true},
    {"inpck", &t.c_iflag, INPCK, false},
    {"ignpar", &t.c_iflag, IGNPAR, false},
    {"parmrk", &t.c_iflag, PARMRK, false},
    {"iutf8", &t.c_iflag, IUTF8, false},
    {"opost", &t.c_oflag, OPOST, true},
    {"onlcr", &t.c_oflag, ONLCR, true},
    {"ocrnl", &t.c_oflag, OCRNL, false},
    {"onocr", &t.c_oflag, ONOCR, false},
    {"onlret", &t.c_oflag, ONLRET, false},
    {"tab3", &t.c_oflag, TAB3, false},
    {"cread", &t.c_cflag, CREAD, true},
    {"parenb", &t.c_cflag, PARENB, false},
    {"parodd", &t.c_cflag, PARODD, false},
    {"hupcl", &t.c_cflag, HUPCL, true},
    {"clocal", &t.c_cflag, CLOCAL, false},
    {"cstopb", &t.c_cflag, CSTOPB, false},
    {"crtscts", &t.c_cflag, CRTSCTS, false},
};
#define NMODES (sizeof(modes) / sizeof(modes[0]))

static const struct key {
	const char *name;
	int index;
	cc_t usual;
} keys[] = {
    {"discard", VDISCARD, 15},
    {"dsusp", VDSUSP, 25},
    {"eof", VEOF, 4},
    {"eol", VEOL, 255},
    {"eol2", VEOL2, 255},
    {"erase", VERASE, 127},
    {"erase2", VERASE2, 8},
    {"intr", VINTR, 3},
    {"kill", VKILL, 21},
    {"lnext", VLNEXT, 22},
    {"quit", VQUIT, 28},
    {"reprint", VREPRINT, 18},
    {"start", VSTART, 17},
    {"status", VSTATUS, 20},
    {"stop", VSTOP, 19},
    {"susp", VSUSP, 26},
    {"werase", VWERASE, 23},
};
#define NKEYS (sizeof(keys) / sizeof(keys[0]))

static const char *
key_text(cc_t c)
{
	static char text[8];

	if (c == 255)
		return ("<undef>");
	if (c == 127)
		return ("^?");
	snprintf(
	    text, sizeof(text), c < 32 ? "^%c" : "%c", c < 32 ? c + 64 : c);
	return (text);
}

/* One kind of modes; those that are as usual only if all are wanted. */
static void
show_modes(const char *title, const tcflag_t *word, bool all)
{
	bool any = false;

	for (size_t i = 0; i < NMODES; i++) {
		const struct mode *m = &modes[i];
		bool on = (*word & m->bit) == m->bit;

		if (m->word != word || (!all && on == m->usual))
			continue;
		if (!any)
			printf("%s:", title);
		any = true;
		printf(" %s%s", on ? "" : "-", m->name);
	}
	if (any)
		putchar('\n');
}

static void
show_keys(bool all)
{
	bool any = false;

	for (size_t i = 0; i < NKEYS; i++) {
		cc_t c = t.c_cc[keys[i].index];

		if (!all && c == keys[i].usual)
			continue;
		printf("%s%s = %s;", any ? " " : "cchars: ", keys[i].name,
		    key_text(c));
		any = true;
	}
	if (all)
		printf(" min = %u; time = %u;", t.c_cc[VMIN], t.c_cc[VTIME]);
	if (any)
		putchar('\n');
}

static void
show(bool all)
{
	printf("speed %u baud;", t.c_ospeed);
	if (all)
		printf(" %u rows; %u columns;", size.ws_row, size.ws_col);
	putchar('\n');
	show_modes("lflags", &t.c_lflag, all);
	show_modes("iflags", &t.c_iflag, all);
	show_modes("oflags", &t.c_oflag, all);
	if (all || (t.c_cflag & CSIZE) != CS8)
		printf("cflags: cs%d\n", 5 + (int)((t.c_cflag & CSIZE) >> 8));
	show_modes("cflags", &t.c_cflag, all);
	show_keys(all);
}

/* For stty itself to read again. */
static void
show_saved(void)
{
	printf("gfmt1:cflag=%x:iflag=%x:lflag=%x:oflag=%x", t.c_cflag,
	    t.c_iflag, t.c_lflag, t.c_oflag);
	for (int i = 0; i < NCCS; i++)
		printf(":%d=%x", i, t.c_cc[i]);
	printf(":ispeed=%u:ospeed=%u\n", t.c_ispeed, t.c_ospeed);
}

static void
take_saved(char *text)
{
	static const struct {
		const char *name;
		tcflag_t *word;
	} words[] = {{"cflag", &t.c_cflag}, {"iflag", &t.c_iflag},
	    {"lflag", &t.c_lflag}, {"oflag", &t.c_oflag}};
	char *part, *value;

	while ((part = strsep(&text, ":")) != NULL) {
		value = strchr(part, '=');
		if (value == NULL)
			continue;
		*value++ = '\0';
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strcmp(part, words[i].name) == 0)
				*words[i].word =
				    (tcflag_t)strtoul(value, NULL, 16);
		if (strcmp(part, "ispeed") == 0)
			t.c_ispeed = (speed_t)strtoul(value, NULL, 10);
		if (strcmp(part, "ospeed") == 0)
			t.c_ospeed = (speed_t)strtoul(value, NULL, 10);
		if (isdigit((unsigned char)part[0]) && atoi(part) < NCCS)
			t.c_cc[atoi(part)] = (cc_t)strtoul(value, NULL, 16);
	}
}

static bool
set_mode(const char *name)
{
	bool on = name[0] != '-';

	name += !on;
	for (size_t i = 0; i < NMODES; i++)
		if (strcmp(name, modes[i].name) == 0) {
			if (on)
				*modes[i].word |= modes[i].bit;
			else
				*modes[i].word &= ~modes[i].bit;
			return (true);
		}
	return (false);
}

static void
make_sane(void)
{
	for (size_t i = 0; i < NMODES; i++)
		/* What the line is like isn't insane. */
		if (modes[i].word != &t.c_cflag)
			*modes[i].word = modes[i].usual
					     ? *modes[i].word | modes[i].bit
					     : *modes[i].word & ~modes[i].bit;
	t.c_cflag |= CREAD;
	for (size_t i = 0; i < NKEYS; i++)
		t.c_cc[keys[i].index] = keys[i].usual;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
}

static void
make_raw(bool raw)
{
	if (raw)
		cfmakeraw(&t);
	else
		make_sane();
}

static cc_t
parse_key(const char *text)
{
	if (strcmp(text, "undef") == 0 || strcmp(text, "^-") == 0)
		return (255);
	if (strcmp(text, "^?") == 0)
		return (127);
	if (text[0] == '^' && text[1] != '\0')
		return ((cc_t)(toupper((unsigned char)text[1]) & 31));
	return ((cc_t)text[0]);
}

static unsigned
parse_number(const char *name, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n > 65535)
		errx(1, "%s %s: it isn't a number", name, text);
	return ((unsigned)n);
}

/* Words that another belongs to. */
static bool
set_value(const char *name, const char *value)
{
	for (size_t i = 0; i < NKEYS; i++)
		if (strcmp(name, keys[i].name) == 0) {
			t.c_cc[keys[i].index] = parse_key(value);
			return (true);
		}
	if (strcmp(name, "min") == 0)
		t.c_cc[VMIN] = (cc_t)parse_number(name, value);
	else if (strcmp(name, "time") == 0)
		t.c_cc[VTIME] = (cc_t)parse_number(name, value);
	else if (strcmp(name, "rows") == 0)
		size.ws_row = (unsigned short)parse_number(name, value);
	else if (strcmp(name, "columns") == 0 || strcmp(name, "cols") == 0)
		size.ws_col = (unsigned short)parse_number(name, value);
	else
		return (false);
	return (true);
}

/* Words that stand alone. */
static bool
set_word(char *word)
{
	if (strcmp(word, "sane") == 0)
		make_sane();
	else if (strcmp(word, "raw") == 0 || strcmp(word, "-cooked") == 0)
		make_raw(true);
	else if (strcmp(word, "cooked") == 0 || strcmp(word, "-raw") == 0)
		make_raw(false);
	else if (strcmp(word, "cbreak") == 0)
		t.c_lflag &= ~(tcflag_t)ICANON;
	else if (strcmp(word, "-cbreak") == 0)
		t.c_lflag |= ICANON;
	else if (strcmp(word, "nl") == 0) {
		t.c_iflag &= ~(tcflag_t)ICRNL;
		t.c_oflag &= ~(tcflag_t)ONLCR;
	} else if (strcmp(word, "-nl") == 0) {
		t.c_iflag |= ICRNL;
		t.c_oflag |= ONLCR;
	} else if (word[0] == 'c' && word[1] == 's' && word[2] >= '5' &&
		   word[2] <= '8' && word[3] == '\0')
		t.c_cflag = (t.c_cflag & ~(tcflag_t)CSIZE) |
			    (tcflag_t)(word[2] - '5') << 8;
	else if (strncmp(word, "gfmt1:", 6) == 0)
		take_saved(word + 6);
	else if (isdigit((unsigned char)word[0]) &&
		 strspn(word, "0123456789") == strlen(word))
		t.c_ispeed = t.c_ospeed = (speed_t)strtoul(word, NULL, 10);
	else
		return (set_mode(word));
	return (true);
}

static void
set_all(char **words)
{
	struct winsize before = size;

	for (; *words != NULL; words++) {
		if (strcmp(*words, "size") == 0)
			printf("%u %u\n", size.ws_row, size.ws_col);
		else if (strcmp(*words, "speed") == 0)
			printf("%u\n", t.c_ospeed);
		else if (words[1] != NULL && set_value(words[0], words[1]))
			words++;
		else if (!set_word(*words))
			errx(1, "illegal option -- %s", *words);
	}
	if (tcsetattr(0, TCSADRAIN, &t) != 0)
		err(1, "standard input");
	if (memcmp(&before, &size, sizeof(size)) != 0 &&
	    ioctl(0, TIOCSWINSZ, &size) != 0)
		err(1, "the window's size");
}

int
main(int argc, char **argv)
{
	bool all = false, saved = false;
	int at = 1;

	for (; at < argc && argv[at][0] == '-' && argv[at][1] != '\0' &&
	       argv[at][2] == '\0' && strchr("aefg", argv[at][1]) != NULL;
	     at++) {
		all |= argv[at][1] == 'a' || argv[at][1] == 'e';
		saved |= argv[at][1] == 'g';
		if (argv[at][1] != 'f')
			continue;
		if (argv[at + 1] == NULL)
			errx(1, "-f: which terminal?");
		close(0);
		if (open(argv[++at], O_RDWR | O_NONBLOCK) != 0)
			err(1, "%s", argv[at]);
	}
	if (tcgetattr(0, &t) != 0)
		err(1, "standard input");
	(void)ioctl(0, TIOCGWINSZ, &size);
	if (saved)
		show_saved();
	else if (at == argc)
		show(all);
	else
		set_all(argv + at);
	return (0);
}
