/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line discipline: what termios(4) says happens to each character on its
 * way in and out.
 *
 * Input is one ring with two ends: t_in_ready, up to where it may be read,
 * and t_in_last, where the line being edited ends.  In canonical mode a line
 * becomes readable by moving the first to the second; otherwise they are the
 * same.
 */
#include "proc/signal.h"
#include "tty/tty_impl.h"

static bool
iflag(const struct tty *tp, uint32_t f)
{
	return ((tp->t_termios.c_iflag & f) != 0);
}

static bool
lflag(const struct tty *tp, uint32_t f)
{
	return ((tp->t_termios.c_lflag & f) != 0);
}

/* Is c the control character at index i? */
static bool
is_cc(const struct tty *tp, unsigned i, unsigned char c)
{
	return (c == tp->t_termios.c_cc[i] && c != _POSIX_VDISABLE);
}

static bool
put_raw(struct tty *tp, char c)
{
	if (tty_out_used(tp) == TTY_OUTPUT)
		return (false);
	tp->t_out[tp->t_out_last++ % TTY_OUTPUT] = c;
	return (true);
}

static void
move_cursor(struct tty *tp, unsigned char c)
{
	if (c == '\r')
		tp->t_column = 0;
	else if (c == '\b')
		tp->t_column -= tp->t_column > 0;
	else if (c == '\t')
		tp->t_column = (tp->t_column | 7) + 1;
	else if (c >= ' ' && c != 0x7f)
		tp->t_column++;
}

bool
ldisc_output(struct tty *tp, unsigned char c)
{
	uint32_t o = tp->t_termios.c_oflag;

	/* The longest expansion is a tab. */
	if (TTY_OUTPUT - tty_out_used(tp) < 8)
		return (false);
	if (!(o & OPOST))
		return (put_raw(tp, (char)c));
	if (c == '\n' && (o & ONLCR)) {
		tp->t_column = 0;
		put_raw(tp, '\r');
	} else if (c == '\n' && (o & ONLRET)) {
		tp->t_column = 0;
	} else if (c == '\r' && (o & OCRNL)) {
		c = '\n';
	} else if (c == '\r' && (o & ONOCR) && tp->t_column == 0) {
		return (true);
	} else if (c == '\t' && (o & OXTABS)) {
		do
			put_raw(tp, ' ');
		while (++tp->t_column % 8 != 0);
		return (true);
	} else if (c == 4 && (o & ONOEOT)) {
		return (true);
	}
	put_raw(tp, (char)c);
	move_cursor(tp, c);
	return (true);
}

/* Control characters are shown as ^X with ECHOCTL. */
static bool
shown_as_two(const struct tty *tp, unsigned char c)
{
	return (lflag(tp, ECHOCTL) && (c < ' ' || c == 0x7f) && c != '\t' &&
		c != '\n');
}

static void
echo(struct tty *tp, unsigned char c)
{
	if (!lflag(tp, ECHO) && !(c == '\n' && lflag(tp, ECHONL)))
		return;
	if (shown_as_two(tp, c)) {
		ldisc_output(tp, '^');
		ldisc_output(tp, c ^ 0x40);
	} else {
		ldisc_output(tp, c);
	}
}

/* One character's echo may go on; what else would be shown of a long line
 * isn't. */
static bool
echo_room(const struct tty *tp)
{
	return (TTY_OUTPUT - tty_out_used(tp) >= 8 &&
		tp->t_out_last - tp->t_echo_from < TTY_ECHO_MAX);
}

static void
rub_out(struct tty *tp, unsigned n)
{
	while (n-- > 0) {
		ldisc_output(tp, '\b');
		ldisc_output(tp, ' ');
		ldisc_output(tp, '\b');
	}
}

static void
reprint(struct tty *tp)
{
	if (is_cc(tp, VREPRINT, tp->t_termios.c_cc[VREPRINT]))
		echo(tp, tp->t_termios.c_cc[VREPRINT]);
	ldisc_output(tp, '\n');
	for (unsigned i = tp->t_in_ready; i != tp->t_in_last && echo_room(tp);
	     i++)
		echo(tp, (unsigned char)tp->t_in[i % TTY_INPUT]);
}

/* A byte that continues a UTF-8 character has no column of its own. */
static bool
continues(const struct tty *tp, unsigned char c)
{
	return (iflag(tp, IUTF8) && (c & 0xc0) == 0x80);
}

/* Takes the last character off the line being edited: false if it's empty. */
static bool
erase(struct tty *tp, bool show)
{
	unsigned char c;

	do {
		if (tp->t_in_last == tp->t_in_ready)
			return (false);
		c = (unsigned char)tp->t_in[--tp->t_in_last % TTY_INPUT];
	} while (continues(tp, c));
	if (!show || !lflag(tp, ECHO) || !echo_room(tp))
		return (true);
	if (!lflag(tp, ECHOE))
		echo(tp, tp->t_termios.c_cc[VERASE]);
	else if (c == '\t')
		reprint(tp);
	else
		rub_out(tp, shown_as_two(tp, c) ? 2 : c >= ' ');
	return (true);
}

static unsigned char
last_char(const struct tty *tp)
{
	return ((unsigned char)tp->t_in[(tp->t_in_last - 1) % TTY_INPUT]);
}

static bool
blank(unsigned char c)
{
	return (c == ' ' || c == '\t');
}

static void
erase_word(struct tty *tp)
{
	while (tp->t_in_last != tp->t_in_ready && blank(last_char(tp)))
		erase(tp, true);
	while (tp->t_in_last != tp->t_in_ready && !blank(last_char(tp)))
		erase(tp, true);
}

static void
kill_line(struct tty *tp)
{
	bool show = lflag(tp, ECHOKE) && lflag(tp, ECHOE);

	if (lflag(tp, ECHO) && !show) {
		echo(tp, tp->t_termios.c_cc[VKILL]);
		if (lflag(tp, ECHOK))
			ldisc_output(tp, '\n');
	}
	while (show && echo_room(tp) && erase(tp, true))
		continue;
	tp->t_in_last = tp->t_in_ready;
}

/* Everything up to t_in_last may be read. */
static void
commit(struct tty *tp)
{
	tp->t_in_ready = tp->t_in_last;
	cv_broadcast(&tp->t_in_cv);
}

static bool
append(struct tty *tp, uint16_t c)
{
	if (tp->t_in_last - tp->t_in_first == TTY_INPUT)
		return (false);
	tp->t_in[tp->t_in_last++ % TTY_INPUT] = c;
	return (true);
}

void
ldisc_flush_input(struct tty *tp)
{
	tp->t_in_first = tp->t_in_ready = tp->t_in_last;
	ldisc_input_taken(tp);
}

void
ldisc_flush_output(struct tty *tp)
{
	/* What the device has taken is still on its way. */
	if (tp->t_out_sent == tp->t_out_first)
		tp->t_out_sent = tp->t_out_last;
	tp->t_out_first = tp->t_out_last;
	cv_broadcast(&tp->t_out_cv);
}

static bool
signal_char(struct tty *tp, unsigned char c)
{
	int sig;

	if (is_cc(tp, VINTR, c))
		sig = SIGINT;
	else if (is_cc(tp, VQUIT, c))
		sig = SIGQUIT;
	else if (is_cc(tp, VSUSP, c))
		sig = SIGTSTP;
	else
		return (false);
	if (!lflag(tp, NOFLSH)) {
		ldisc_flush_input(tp);
		ldisc_flush_output(tp);
	}
	echo(tp, c);
	tp->t_stopped = false;
	tty_signal(tp, sig);
	return (true);
}

/* Characters that edit the line; in canonical mode only. */
static bool
edit_char(struct tty *tp, unsigned char c)
{
	if (is_cc(tp, VERASE, c) || is_cc(tp, VERASE2, c))
		erase(tp, true);
	else if (is_cc(tp, VKILL, c))
		kill_line(tp);
	else if (lflag(tp, IEXTEN) && is_cc(tp, VWERASE, c))
		erase_word(tp);
	else if (lflag(tp, IEXTEN) && is_cc(tp, VREPRINT, c))
		reprint(tp);
	else if (lflag(tp, IEXTEN) && is_cc(tp, VSTATUS, c)) {
		if (lflag(tp, ISIG))
			tty_signal(tp, SIGINFO);
	} else
		return (false);
	return (true);
}

static bool
ends_line(const struct tty *tp, unsigned char c)
{
	return (c == '\n' || is_cc(tp, VEOL, c) || is_cc(tp, VEOL2, c));
}

/* What the line discipline knows of a byte of input. */
static uint16_t
marks(const struct tty *tp, unsigned char c, bool quoted)
{
	if (quoted)
		return (TC_QUOTED);
	if (!lflag(tp, ICANON))
		return (0);
	if (is_cc(tp, VEOF, c))
		return (TC_END | TC_EOF);
	return (ends_line(tp, c) ? TC_END : 0);
}

/* VEOF in canonical mode: the line is readable as it is. */
static bool
end_of_file(struct tty *tp, unsigned char c)
{
	if (!append(tp, c | TC_END | TC_EOF))
		return (false);
	if (lflag(tp, ECHO) && shown_as_two(tp, c)) {
		echo(tp, c);
		ldisc_output(tp, '\b');
		ldisc_output(tp, '\b');
	}
	commit(tp);
	return (true);
}

static bool
plain_char(struct tty *tp, unsigned char c, bool literal)
{
	bool canonical = lflag(tp, ICANON);
	bool end = canonical && !literal && ends_line(tp, c);

	/* A full line still takes its end. */
	if (canonical && !end &&
	    tp->t_in_last - tp->t_in_first >= TTY_LINE_MAX) {
		if (iflag(tp, IMAXBEL))
			ldisc_output(tp, '\a');
		return (tp->t_in_ready == tp->t_in_first);
	}
	if (!append(tp, c | (literal ? TC_QUOTED : end ? TC_END : 0)))
		return (false);
	echo(tp, c);
	if (end || !canonical)
		commit(tp);
	return (true);
}

static bool
flow_char(struct tty *tp, unsigned char c)
{
	if (!iflag(tp, IXON))
		return (false);
	if (is_cc(tp, VSTOP, c) && !tp->t_stopped) {
		tp->t_stopped = true;
		return (true);
	}
	if (is_cc(tp, VSTART, c) || is_cc(tp, VSTOP, c)) {
		tp->t_stopped = false;
		return (true);
	}
	if (iflag(tp, IXANY))
		tp->t_stopped = false;
	return (false);
}

bool
ldisc_input(struct tty *tp, unsigned char c)
{
	tp->t_echo_from = tp->t_out_last;
	if (iflag(tp, ISTRIP))
		c &= 0x7f;
	if (tp->t_lnext) {
		tp->t_lnext = false;
		return (plain_char(tp, c, true));
	}
	if (lflag(tp, EXTPROC))
		return (plain_char(tp, c, false));
	if (lflag(tp, IEXTEN) && is_cc(tp, VLNEXT, c) && lflag(tp, ICANON)) {
		tp->t_lnext = true;
		if (lflag(tp, ECHO)) {
			ldisc_output(tp, '^');
			ldisc_output(tp, '\b');
		}
		return (true);
	}
	if (flow_char(tp, c))
		return (true);
	if (lflag(tp, ISIG) && signal_char(tp, c))
		return (true);
	if (c == '\r') {
		if (iflag(tp, IGNCR))
			return (true);
		if (iflag(tp, ICRNL))
			c = '\n';
	} else if (c == '\n' && iflag(tp, INLCR)) {
		c = '\r';
	}
	if (lflag(tp, ICANON) && is_cc(tp, VEOF, c))
		return (end_of_file(tp, c));
	if (lflag(tp, ICANON) && edit_char(tp, c))
		return (true);
	return (plain_char(tp, c, false));
}

/* A mark for what arrived damaged, and the character itself. */
static void
mark(struct tty *tp, unsigned char c)
{
	if (iflag(tp, PARMRK)) {
		(void)plain_char(tp, 0xff, true);
		(void)plain_char(tp, 0, true);
	}
	(void)plain_char(tp, c, true);
}

void
ldisc_break(struct tty *tp)
{
	if (iflag(tp, IGNBRK))
		return;
	if (!iflag(tp, BRKINT)) {
		mark(tp, 0);
		return;
	}
	ldisc_flush_input(tp);
	ldisc_flush_output(tp);
	tty_signal(tp, SIGINT);
}

void
ldisc_bad_char(struct tty *tp, unsigned char c)
{
	if (!iflag(tp, INPCK))
		(void)ldisc_input(tp, c);
	else if (!iflag(tp, IGNPAR))
		mark(tp, iflag(tp, PARMRK) ? c : 0);
}

/* Which of the input can be read, by what the characters mean now. */
static void
look_anew(struct tty *tp)
{
	unsigned ready = tp->t_in_first;

	for (unsigned i = tp->t_in_first; i != tp->t_in_last; i++) {
		uint16_t *c = &tp->t_in[i % TTY_INPUT];

		*c = (*c & TC_CHAR) |
		     marks(tp, (unsigned char)*c, (*c & TC_QUOTED) != 0);
		if (*c & TC_END)
			ready = i + 1;
	}
	tp->t_in_ready = lflag(tp, ICANON) ? ready : tp->t_in_last;
}

void
ldisc_mode_changed(struct tty *tp, const struct termios *old)
{
	const uint8_t *was = old->c_cc, *is = tp->t_termios.c_cc;

	if (((old->c_lflag ^ tp->t_termios.c_lflag) & ICANON) != 0 ||
	    (lflag(tp, ICANON) &&
		(was[VEOF] != is[VEOF] || was[VEOL] != is[VEOL] ||
		    was[VEOL2] != is[VEOL2])))
		look_anew(tp);
	/* MIN and TIME may be others, too. */
	cv_broadcast(&tp->t_in_cv);
}

/* A character of ours that the other side obeys. */
static bool
send_flow(struct tty *tp, unsigned i)
{
	unsigned char c = tp->t_termios.c_cc[i];

	return (iflag(tp, IXOFF) && is_cc(tp, i, c) && put_raw(tp, (char)c));
}

void
ldisc_throttle(struct tty *tp, bool throttled)
{
	tp->t_throttled = throttled;
	if (throttled && !tp->t_held)
		tp->t_held = send_flow(tp, VSTOP);
}

void
ldisc_input_taken(struct tty *tp)
{
	if (tp->t_held && (tp->t_in_first == tp->t_in_ready ||
			      tp->t_in_last - tp->t_in_first <= TTY_INPUT / 2))
		tp->t_held = !send_flow(tp, VSTART);
}

size_t
ldisc_readable(const struct tty *tp)
{
	size_t n = 0;

	for (unsigned i = tp->t_in_first; i != tp->t_in_ready; i++) {
		uint16_t c = tp->t_in[i % TTY_INPUT];

		n += !(c & TC_EOF);
		if (lflag(tp, ICANON) && (c & TC_END))
			break;
	}
	return (n);
}
