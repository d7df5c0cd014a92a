/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first serial port, a 16550: the terminal ttyu0, and the kernel's
 * console once it is attached.
 *
 * Two streams share the line, what programs write and what the kernel has to
 * say; both are there in full, and change places between lines only: kernel
 * messages wait for a line of a program's to end, as long as there is more of
 * it to send, and begin on a line of their own.  Text goes from its source
 * into u_chunk, and from there into the FIFO, a FIFO's worth at a time; for
 * more the transmitter interrupts.
 *
 * Whoever holds u_lock owns the transmitter, and leaves its interrupt on if
 * anything is left to send.  The order is u_lock, then the terminal's lock.
 * kprintf() may come with any lock held, the terminal's too, so uart_kick()
 * takes nothing from the terminal and leaves that to the interrupt.  At the
 * machine's end, and in a panic, both locks are seized and all goes out by
 * polling.
 *
 * Input is moved by one context at a time (busy), and the others leave word
 * that there is more (again): the terminal is called without u_lock.
 *
 * Under `imp run` nothing attaches: messages are printed polled, the program's
 * terminal is another.
 */
#include "amd64/md.h"
#include "core/module.h"
#include "core/device.h"
#include "fbsd/errno.h"
#include "core/printf.h"
#include "tty/tty_impl.h"
#include "tty/tty_serial.h"

#define UART_BASE 0x3f8
#define UART_IRQ  4

/* Registers. */
#define REG_DATA       0
#define REG_DLL	       0 /* with LCR_DLAB */
#define REG_IER	       1
#define REG_DLM	       1 /* with LCR_DLAB */
#define REG_IIR	       2 /* read */
#define REG_FCR	       2 /* written */
#define REG_LCR	       3
#define REG_MCR	       4
#define REG_LSR	       5
#define REG_MSR	       6
#define REG_SCR	       7

#define IER_RX	       0x01
#define IER_TX	       0x02
#define IER_LINE       0x04
#define IER_MODEM      0x08
#define IIR_NONE       0x01
#define IIR_FIFO       0xc0
#define FCR_ENABLE     0x01
#define FCR_RX_8       0x80 /* interrupt at 8 characters, or a pause */
#define LCR_STOP_2     0x04
#define LCR_PARITY     0x08
#define LCR_EVEN       0x10
#define LCR_BREAK      0x40
#define LCR_DLAB       0x80
#define MCR_DTR	       0x01
#define MCR_RTS	       0x02
#define MCR_OUT2       0x08 /* lets interrupts through */
#define LSR_DATA       0x01
#define LSR_PARITY     0x04
#define LSR_FRAME      0x08
#define LSR_BREAK      0x10
#define LSR_FAULTS     (LSR_PARITY | LSR_FRAME | LSR_BREAK)
#define LSR_THRE       0x20 /* the FIFO is empty */
#define LSR_TEMT       0x40 /* and the last character is out */
#define MSR_DDCD       0x08
#define MSR_CTS	       0x10
#define MSR_DSR	       0x20
#define MSR_RI	       0x40
#define MSR_DCD	       0x80

#define CLOCK	       115200 /* bits per second at divisor 1 */
#define FIFO_SIZE      16
#define ROUNDS	       16    /* FIFOs' worth that one context sends at most */
#define CAUSES	       8     /* that one interrupt looks at at most */
#define WAIT_MAX       512   /* kernel messages wait for no longer line */
#define BACKLOG	       16384 /* unprinted messages that are waited for */
#define STAGE_SIZE     128
#define KICK_PATIENCE  (NSEC_PER_SEC / 50) /* for room, by polling */
#define FLUSH_PATIENCE (10 * NSEC_PER_SEC)
#define SCRATCH_BYTE   0x5a

enum owner { OWNER_TTY, OWNER_KERNEL };

/* How to get more of the terminal's output: not at all, as its lock may be
 * held; as it gives it; or, with its lock seized, all there is. */
enum source { SOURCE_NONE, SOURCE_TTY, SOURCE_REST };

/* (!) set once; (l) u_lock; (i): of who set u_in_busy. */
static struct uart {
	struct spin u_lock;
	struct serial *u_serial;     /* (!) NULL: isn't there */
	unsigned u_fifo;	     /* (!) characters it takes at once */
	bool u_open;		     /* (l) */
	bool u_rts_flow;	     /* (l) CRTS_IFLOW */
	bool u_cts_flow;	     /* (l) CCTS_OFLOW */
	bool u_deaf;		     /* (l) CREAD is off */
	uint8_t u_ier, u_lcr, u_mcr; /* (l) what the registers hold */

	bool u_in_busy, u_in_again;	/* (l) */
	char u_in[FIFO_SIZE];		/* (i) */
	uint8_t u_in_faults[FIFO_SIZE]; /* (i) of each: LSR_FAULTS */
	unsigned u_in_start, u_in_end;	/* (i) what the terminal didn't take */
	uint8_t u_faults;		/* (l) of the next to be read */

	bool u_stuck;		  /* (l) the other side reads nothing */
	bool u_ended;		  /* (l) it is held for good */
	bool u_taken;		  /* (l) and the terminal not told */
	unsigned u_sent;	  /* (l) as tty_output_sent() wants */
	char u_stage[STAGE_SIZE]; /* (l) from the terminal */
	unsigned u_stage_start, u_stage_end; /* (l) */
	char u_text[64];		     /* (l) of the kernel */
	unsigned u_text_start, u_text_end;   /* (l) */
	uint64_t u_text_pos;		     /* (l) in the message buffer */
	char u_chunk[64];		     /* (l) on its way out */
	unsigned u_chunk_start, u_chunk_end; /* (l) */
	enum owner u_owner;		     /* (l) of the line's beginning */
	unsigned u_column;		     /* (l) characters of it sent */
} uart;

static uint8_t
get(unsigned reg)
{
	return (inb((uint16_t)(UART_BASE + reg)));
}

static void
put(unsigned reg, uint8_t value)
{
	outb((uint16_t)(UART_BASE + reg), value);
}

/* Changes bits of a register that is kept. (l) */
static void
set_bits(unsigned reg, uint8_t *kept, uint8_t bits, bool on)
{
	uint8_t value = on ? *kept | bits : *kept & (uint8_t)~bits;

	if (value != *kept)
		put(reg, *kept = value);
}

/* Reading the line's state clears what it says of the next character: that is
 * kept for read_fifo(). (l) */
static uint8_t
line_state(struct uart *u)
{
	uint8_t lsr = get(REG_LSR);

	u->u_faults |= lsr & LSR_FAULTS;
	return (lsr);
}

/* Output. */

/* Is there kernel text? (l) */
static bool
text_pending(struct uart *u)
{
	if (u->u_text_start == u->u_text_end) {
		u->u_text_start = 0;
		u->u_text_end = (unsigned)kconsole_read(
		    &u->u_text_pos, u->u_text, sizeof(u->u_text));
	}
	return (u->u_text_end > 0);
}

/* Will the line that a program began go on by itself? (l) */
static bool
line_goes_on(struct uart *u)
{
	struct tty *tp = serial_tty(u->u_serial);

	if (u->u_column == 0 || u->u_column > WAIT_MAX ||
	    u->u_owner == OWNER_KERNEL)
		return (false);
	return (u->u_stage_start < u->u_stage_end ||
		(!tp->t_stopped &&
		    (tty_out_used(tp) > 0 || atomic_load(&tp->t_writing) > 0)));
}

/* Is there text of the terminal's?  `from` is how to get more. (l) */
static bool
stage_pending(struct uart *u, enum source from)
{
	struct tty *tp = serial_tty(u->u_serial);

	if (u->u_stage_start < u->u_stage_end || from == SOURCE_NONE)
		return (u->u_stage_start < u->u_stage_end);
	u->u_stage_start = 0;
	if (from == SOURCE_TTY)
		u->u_stage_end =
		    (unsigned)tty_output_take(tp, u->u_stage, STAGE_SIZE);
	else
		u->u_stage_end =
		    (unsigned)tty_output_rest(tp, u->u_stage, STAGE_SIZE);
	u->u_taken |= u->u_stage_end > 0;
	return (u->u_stage_end > 0);
}

static void
chunk_put(struct uart *u, char c)
{
	u->u_chunk[u->u_chunk_end++] = c;
	u->u_column = c == '\n' ? 0 : u->u_column + 1;
}

/* From text into the chunk, up to the end of a line. (l) */
static void
fill_chunk(struct uart *u, enum owner owner, const char *text, unsigned *start,
    unsigned end)
{
	char c = '\0';

	u->u_chunk_start = u->u_chunk_end = 0;
	if (u->u_owner != owner && u->u_column > 0) {
		chunk_put(u, '\r');
		chunk_put(u, '\n');
	}
	u->u_owner = owner;
	while (*start < end && c != '\n' &&
	       u->u_chunk_end + 2 <= sizeof(u->u_chunk)) {
		c = text[(*start)++];
		if (c == '\n' && owner == OWNER_KERNEL)
			chunk_put(u, '\r');
		chunk_put(u, c);
	}
}

/* What is to be sent next; false: there is nothing. (l) */
static bool
next_chunk(struct uart *u, enum source from)
{
	if (u->u_chunk_start < u->u_chunk_end)
		return (true);
	if (!line_goes_on(u) && text_pending(u))
		fill_chunk(u, OWNER_KERNEL, u->u_text, &u->u_text_start,
		    u->u_text_end);
	else if (stage_pending(u, from))
		fill_chunk(u, OWNER_TTY, u->u_stage, &u->u_stage_start,
		    u->u_stage_end);
	else
		return (false);
	return (true);
}

static bool
may_send(struct uart *u)
{
	return (!u->u_cts_flow || (get(REG_MSR) & MSR_CTS) != 0);
}

/* A FIFO's worth of the chunk: the chip has room for it. (l) */
static void
put_chunk(struct uart *u)
{
	for (unsigned room = u->u_fifo;
	     room > 0 && u->u_chunk_start < u->u_chunk_end; room--)
		put(REG_DATA, (uint8_t)u->u_chunk[u->u_chunk_start++]);
}

/*
 * Sends what is there, while the chip takes it.  The transmitter's interrupt is
 * on as long as anything is left, the chip's own included; whatever isn't sent
 * now, it will be. (l)
 */
static void
send(struct uart *u, enum source from)
{
	struct tty *tp = serial_tty(u->u_serial);
	bool left;

	for (unsigned rounds = 0; next_chunk(u, from); rounds++) {
		if (!may_send(u)) {
			/* CTS interrupts when it changes. */
			set_bits(REG_IER, &u->u_ier, IER_TX, false);
			return;
		}
		if (rounds == ROUNDS || (line_state(u) & LSR_THRE) == 0)
			break;
		put_chunk(u);
	}
	left = u->u_chunk_start < u->u_chunk_end ||
	       (from == SOURCE_NONE && (u->u_taken || tty_out_used(tp) > 0)) ||
	       (line_state(u) & LSR_THRE) == 0;
	if (!left)
		u->u_sent = tp->t_out_first;
	set_bits(REG_IER, &u->u_ier, IER_TX, left);
}

/* Sends what the terminal and the kernel have to say. Any context, without
 * the terminal's lock. */
static void
output(struct uart *u)
{
	unsigned sent;
	bool tell;

	spin_lock(&u->u_lock);
	send(u, SOURCE_TTY);
	sent = u->u_sent;
	tell = u->u_taken;
	/* It is told once more at the end. */
	u->u_taken = tell && (u->u_ier & IER_TX) != 0;
	spin_unlock(&u->u_lock);
	if (tell)
		tty_output_sent(serial_tty(u->u_serial), sent);
}

/* Waits for room in the chip; false: there was none for so long.  Who doesn't
 * read isn't waited for again until he does. (l) */
static bool
wait_room(struct uart *u, uint64_t patience)
{
	uint64_t deadline = clock_ns() + patience;

	for (;;) {
		if ((line_state(u) & LSR_THRE) != 0 && may_send(u)) {
			u->u_stuck = false;
			return (true);
		}
		if (u->u_stuck || clock_ns() >= deadline)
			break;
		cpu_relax();
	}
	u->u_stuck = true;
	return (false);
}

/* The kernel has printed something, with any lock held.  When it prints faster
 * than the line is, it waits a little, because the message buffer is finite. */
static void
uart_kick(void)
{
	struct uart *u = &uart;

	spin_lock(&u->u_lock);
	send(u, SOURCE_NONE);
	while (kconsole_unread(u->u_text_pos) > BACKLOG &&
	       next_chunk(u, SOURCE_NONE) && wait_room(u, KICK_PATIENCE))
		put_chunk(u);
	spin_unlock(&u->u_lock);
}

/* Everything out, by polling, and out of the chip as well: the line is ours
 * until the machine's end, which is near. */
static void
uart_flush(void)
{
	struct uart *u = &uart;
	uint64_t deadline;

	if (!u->u_ended) {
		spin_seize(&u->u_lock);
		tty_output_seize(serial_tty(u->u_serial));
		u->u_ended = true;
	}
	while (next_chunk(u, SOURCE_REST) && wait_room(u, FLUSH_PATIENCE))
		put_chunk(u);
	deadline = clock_ns() + FLUSH_PATIENCE;
	while (!u->u_stuck && (line_state(u) & LSR_TEMT) == 0 &&
	       clock_ns() < deadline)
		cpu_relax();
}

static const struct kconsole uart_console = {
    .kc_name = "ttyu0",
    .kc_kick = uart_kick,
    .kc_flush = uart_flush,
};

/* Input. */

/* What the chip has received. (l) */
static void
read_fifo(struct uart *u)
{
	u->u_in_start = u->u_in_end = 0;
	while (u->u_in_end < FIFO_SIZE) {
		if ((line_state(u) & LSR_DATA) == 0)
			break;
		u->u_in[u->u_in_end] = (char)get(REG_DATA);
		u->u_in_faults[u->u_in_end++] = u->u_faults;
		u->u_faults = 0;
	}
	if (u->u_deaf)
		u->u_in_end = 0;
}

/* Characters in good order from u_in_start on. (i) */
static unsigned
good_run(const struct uart *u)
{
	unsigned i = u->u_in_start;

	while (i < u->u_in_end && u->u_in_faults[i] == 0)
		i++;
	return (i - u->u_in_start);
}

/* To the terminal; false: it has no room. (i) */
static bool
deliver(struct uart *u)
{
	struct tty *tp = serial_tty(u->u_serial);

	while (u->u_in_start < u->u_in_end) {
		unsigned n = good_run(u), i = u->u_in_start;

		if (n > 0) {
			size_t taken = tty_input(tp, &u->u_in[i], n);

			u->u_in_start += (unsigned)taken;
			if (taken < n)
				return (false);
			continue;
		}
		tty_input_fault(tp,
		    u->u_in_faults[i] & LSR_BREAK ? TTY_BREAK : TTY_BAD_CHAR,
		    u->u_in[i]);
		u->u_in_start++;
	}
	return (true);
}

/* Moves what has come in. Any context, without the terminal's lock. */
static void
input(struct uart *u)
{
	bool room = true;

	spin_lock(&u->u_lock);
	u->u_in_again = true;
	if (u->u_in_busy) {
		spin_unlock(&u->u_lock);
		return;
	}
	u->u_in_busy = true;
	while (u->u_in_again) {
		u->u_in_again = false;
		if (u->u_in_start == u->u_in_end && u->u_open)
			read_fifo(u);
		if (u->u_in_start == u->u_in_end)
			break;
		spin_unlock(&u->u_lock);
		room = deliver(u);
		spin_lock(&u->u_lock);
		u->u_in_again |= room;
	}
	/* Where the terminal is full the chip fills up, and then the other
	 * side's, if it minds RTS. */
	set_bits(REG_IER, &u->u_ier, IER_RX | IER_LINE, room && u->u_open);
	if (u->u_rts_flow)
		set_bits(REG_MCR, &u->u_mcr, MCR_RTS, room && u->u_open);
	u->u_in_busy = false;
	spin_unlock(&u->u_lock);
}

static void
modem_changed(struct uart *u)
{
	uint8_t msr = get(REG_MSR);

	if (msr & MSR_DDCD)
		serial_carrier(u->u_serial, (msr & MSR_DCD) != 0);
	output(u);
}

static void
uart_intr(void *arg)
{
	struct uart *u = arg;

	for (int i = 0; i < CAUSES; i++) {
		uint8_t iir = get(REG_IIR);

		if (iir & IIR_NONE)
			return;
		switch (iir & 0x0e) {
		case 0x00:
			modem_changed(u);
			break;
		case 0x02:
			output(u);
			break;
		default:
			input(u);
			break;
		}
	}
	/* The interrupt is an edge: it would come again only after all causes
	 * have been seen to.  Others have their turn, and then it comes. */
	spin_lock(&u->u_lock);
	put(REG_IER, 0);
	put(REG_IER, u->u_ier);
	spin_unlock(&u->u_lock);
}

/* The terminal's side. */

static void
uart_start(struct tty *tp, void *arg)
{
	output(arg);
}

static void
uart_unthrottle(struct tty *tp, void *arg)
{
	input(arg);
}

static uint8_t
line_control(const struct termios *t)
{
	uint8_t lcr = (uint8_t)((t->c_cflag & CSIZE) >> 8);

	if (t->c_cflag & CSTOPB)
		lcr |= LCR_STOP_2;
	if (t->c_cflag & PARENB)
		lcr |= LCR_PARITY;
	if ((t->c_cflag & (PARENB | PARODD)) == PARENB)
		lcr |= LCR_EVEN;
	return (lcr);
}

static void
uart_param(struct tty *tp, void *arg)
{
	struct uart *u = arg;
	struct termios t;
	unsigned divisor;

	spin_lock(&tp->t_lock);
	t = tp->t_termios;
	spin_unlock(&tp->t_lock);
	spin_lock(&u->u_lock);
	u->u_lcr = line_control(&t) | (u->u_lcr & LCR_BREAK);
	if (t.c_ospeed != 0) {
		divisor = (CLOCK + t.c_ospeed / 2) / t.c_ospeed;
		divisor = MAX(MIN(divisor, 0xffffu), 1u);
		put(REG_LCR, u->u_lcr | LCR_DLAB);
		put(REG_DLL, (uint8_t)divisor);
		put(REG_DLM, (uint8_t)(divisor >> 8));
	}
	put(REG_LCR, u->u_lcr);
	u->u_rts_flow = (t.c_cflag & CRTS_IFLOW) != 0;
	u->u_cts_flow = (t.c_cflag & CCTS_OFLOW) != 0;
	u->u_deaf = (t.c_cflag & CREAD) == 0;
	/* Speed 0 hangs up. */
	set_bits(
	    REG_MCR, &u->u_mcr, MCR_DTR | MCR_RTS, u->u_open && t.c_ospeed);
	spin_unlock(&u->u_lock);
	output(u);
	input(u);
}

static void
uart_open(void *arg)
{
	struct uart *u = arg;

	spin_lock(&u->u_lock);
	u->u_open = true;
	set_bits(REG_MCR, &u->u_mcr, MCR_DTR | MCR_RTS, true);
	set_bits(REG_IER, &u->u_ier, IER_RX | IER_LINE | IER_MODEM, true);
	spin_unlock(&u->u_lock);
}

static void
uart_close(void *arg, bool hang_up)
{
	struct uart *u = arg;

	spin_lock(&u->u_lock);
	u->u_open = false;
	set_bits(REG_IER, &u->u_ier, IER_RX | IER_LINE, false);
	if (hang_up)
		set_bits(REG_MCR, &u->u_mcr, MCR_DTR | MCR_RTS, false);
	spin_unlock(&u->u_lock);
}

static bool
uart_carrier(void *arg)
{
	return ((get(REG_MSR) & MSR_DCD) != 0);
}

static int
modem_lines(struct uart *u)
{
	uint8_t msr = get(REG_MSR);

	return (
	    TIOCM_LE | (u->u_mcr & MCR_DTR ? TIOCM_DTR : 0) |
	    (u->u_mcr & MCR_RTS ? TIOCM_RTS : 0) |
	    (msr & MSR_CTS ? TIOCM_CTS : 0) | (msr & MSR_DCD ? TIOCM_CAR : 0) |
	    (msr & MSR_RI ? TIOCM_RI : 0) | (msr & MSR_DSR ? TIOCM_DSR : 0));
}

/* Ours of TIOCM_*, as MCR has them. */
static uint8_t
mcr_bits(int lines)
{
	return ((uint8_t)((lines & TIOCM_DTR ? MCR_DTR : 0) |
			  (lines & TIOCM_RTS ? MCR_RTS : 0)));
}

static int
uart_ioctl(struct tty *tp, void *arg, unsigned long cmd, void *data)
{
	struct uart *u = arg;
	int *lines = data, error = 0;

	spin_lock(&u->u_lock);
	switch (cmd) {
	case TIOCSBRK:
	case TIOCCBRK:
		set_bits(REG_LCR, &u->u_lcr, LCR_BREAK, cmd == TIOCSBRK);
		break;
	case TIOCSDTR:
	case TIOCCDTR:
		set_bits(REG_MCR, &u->u_mcr, MCR_DTR, cmd == TIOCSDTR);
		break;
	case TIOCMGET:
		*lines = modem_lines(u);
		break;
	case TIOCMSET:
		set_bits(REG_MCR, &u->u_mcr, mcr_bits(~*lines), false);
		set_bits(REG_MCR, &u->u_mcr, mcr_bits(*lines), true);
		break;
	case TIOCMBIS:
	case TIOCMBIC:
		set_bits(REG_MCR, &u->u_mcr, mcr_bits(*lines), cmd == TIOCMBIS);
		break;
	default:
		error = ENOTTY;
		break;
	}
	spin_unlock(&u->u_lock);
	return (error);
}

static const struct serial_ops uart_ops = {
    .so_tty = {.td_start = uart_start,
	.td_unthrottle = uart_unthrottle,
	.td_param = uart_param,
	.td_ioctl = uart_ioctl},
    .so_open = uart_open,
    .so_close = uart_close,
    .so_carrier = uart_carrier,
};

/* A port that isn't there remembers nothing. */
static bool
probe(void)
{
	put(REG_SCR, SCRATCH_BYTE);
	return (get(REG_SCR) == SCRATCH_BYTE);
}

static struct device isa_bus = {.dv_name = "isa", .dv_desc = "ISA bus"};
static struct device uart_device = {
    .dv_parent = &isa_bus, .dv_name = "uart", .dv_desc = "16550 or compatible"};

static void
uart_attach(void)
{
	struct uart *u = &uart;

	if (!probe())
		return;
	spin_init(&u->u_lock, "uart");
	put(REG_IER, 0);
	put(REG_FCR, FCR_ENABLE | FCR_RX_8);
	u->u_fifo = (get(REG_IIR) & IIR_FIFO) == IIR_FIFO ? FIFO_SIZE : 1;
	u->u_serial = serial_create(&uart_ops, u, "u0", true);
	if (u->u_serial == NULL ||
	    intr_establish(UART_IRQ, false, "uart0", uart_intr, u) != 0) {
		kprintf("ttyu0: no memory or no interrupt\n");
		return;
	}
	u->u_lcr = line_control(&tty_initial_termios);
	put(REG_LCR, u->u_lcr);
	set_bits(REG_MCR, &u->u_mcr, MCR_OUT2, true);
	kconsole_register(&uart_console, &u->u_text_pos);
	device_add(&isa_bus);
	device_add(&uart_device);
}

static const struct driver uart_driver = {
    .d_name = "uart", .d_attach = uart_attach, .d_system = true};
DRIVER_SET(uart_driver);

MODULE(uart, "isa/uart");
