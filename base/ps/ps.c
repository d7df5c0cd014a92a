/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ps: the processes there are, by sysctl(3)'s kern.proc.  A column is a name, a
 * head and a function that prints it; everything else is a choice of columns
 * and of processes.
 */

#include <err.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <sys/user.h>
#include <time.h>
#include <unistd.h>

#define COLUMNS_MAX 32
#define TEXT_SIZE   4096

static struct {
	bool others; /* other users' processes too */
	bool alone;  /* those without a terminal, too */
	bool brief;  /* the program's name, not its arguments */
	int wide;
	const char *pids, *user, *terminal;
} flags;

static long page_size, memory_size;

static void
print_user(const struct kinfo_proc *ki, char *text)
{
	const struct passwd *pw = getpwuid(ki->ki_uid);

	if (pw != NULL)
		snprintf(text, TEXT_SIZE, "%s", pw->pw_name);
	else
		snprintf(text, TEXT_SIZE, "%u", ki->ki_uid);
}

#define NUMBER_COLUMN(id, format, value)                                       \
	static void print_##id(const struct kinfo_proc *ki, char *text)        \
	{                                                                      \
		snprintf(text, TEXT_SIZE, format, value);                      \
	}

NUMBER_COLUMN(uid, "%u", ki->ki_uid)
NUMBER_COLUMN(pid, "%d", ki->ki_pid)
NUMBER_COLUMN(ppid, "%d", ki->ki_ppid)
NUMBER_COLUMN(pgid, "%d", ki->ki_pgid)
NUMBER_COLUMN(sid, "%d", ki->ki_sid)
NUMBER_COLUMN(tpgid, "%d", ki->ki_tpgid)
NUMBER_COLUMN(jobc, "%d", ki->ki_jobc)
NUMBER_COLUMN(nice, "%d", ki->ki_nice)
NUMBER_COLUMN(pri, "%d", ki->ki_pri.pri_level)
NUMBER_COLUMN(nlwp, "%d", ki->ki_numthreads)
NUMBER_COLUMN(vsz, "%ju", (uintmax_t)ki->ki_size / 1024)
NUMBER_COLUMN(rss, "%jd", (intmax_t)ki->ki_rssize *page_size / 1024)
NUMBER_COLUMN(cpu, "%.1f", ki->ki_pctcpu * 100.0 / 2048)
NUMBER_COLUMN(mem, "%.1f", (double)ki->ki_rssize *page_size * 100 / memory_size)
NUMBER_COLUMN(comm, "%s", ki->ki_comm)
NUMBER_COLUMN(wchan, "%s", ki->ki_wmesg[0] != '\0' ? ki->ki_wmesg : "-")

/* Where its terminal is, without /dev/ and tty: u0, v1, pts/3's is 3. */
static void
print_tt(const struct kinfo_proc *ki, char *text)
{
	char name[64] = "";
	size_t size = sizeof(name) - 1;
	const char *s = name;

	if (ki->ki_tdev == UINT64_MAX ||
	    sysctlbyname("kern.devname", name, &size, &ki->ki_tdev,
		sizeof(ki->ki_tdev)) != 0 ||
	    name[0] == '\0') {
		snprintf(text, TEXT_SIZE, "-");
		return;
	}
	if (strncmp(s, "tty", 3) == 0)
		s += 3;
	else if (strncmp(s, "pts/", 4) == 0)
		s += 4;
	snprintf(
	    text, TEXT_SIZE, "%s%s", s, ki->ki_kiflag & KI_CTTY ? "" : "-");
}

static void
print_state(const struct kinfo_proc *ki, char *text)
{
	static const char letters[] = "?IRSTZWL";
	size_t state = (unsigned char)ki->ki_stat;
	char *to = text;

	*to = state < sizeof(letters) - 1 ? letters[state] : '?';
	/* Asleep for long is idle. */
	if (*to == 'S' && ki->ki_slptime > 20)
		*to = 'I';
	to++;
	if (ki->ki_nice != 0)
		*to++ = ki->ki_nice < 0 ? '<' : 'N';
	if (ki->ki_kiflag & KI_SLEADER)
		*to++ = 's';
	if (ki->ki_tpgid == ki->ki_pgid && (ki->ki_kiflag & KI_CTTY))
		*to++ = '+';
	*to = '\0';
}

static void
print_time(const struct kinfo_proc *ki, char *text)
{
	uint64_t hundredths = (ki->ki_runtime + 5000) / 10000;

	snprintf(text, TEXT_SIZE, "%ju:%02ju.%02ju",
	    (uintmax_t)hundredths / 6000, (uintmax_t)hundredths / 100 % 60,
	    (uintmax_t)hundredths % 100);
}

static void
print_etime(const struct kinfo_proc *ki, char *text)
{
	long s = (long)(time(NULL) - ki->ki_start.tv_sec);

	if (s >= 86400)
		text += sprintf(text, "%ld-", s / 86400);
	if (s >= 3600)
		text += sprintf(text, "%02ld:", s / 3600 % 24);
	sprintf(text, "%02ld:%02ld", s / 60 % 60, s % 60);
}

static void
print_start(const struct kinfo_proc *ki, char *text)
{
	time_t start = ki->ki_start.tv_sec;
	struct tm *tm = localtime(&start);

	if (tm != NULL)
		strftime(text, TEXT_SIZE,
		    time(NULL) - start < 86400 ? "%H:%M" : "%d%b%y", tm);
}

static void
print_lstart(const struct kinfo_proc *ki, char *text)
{
	time_t start = ki->ki_start.tv_sec;

	snprintf(text, TEXT_SIZE, "%.24s", ctime(&start));
}

/* Its arguments; a process without any is the kernel's, or on its way out. */
static void
print_command(const struct kinfo_proc *ki, char *text)
{
	int oid[] = {CTL_KERN, KERN_PROC, KERN_PROC_ARGS, ki->ki_pid};
	size_t size = TEXT_SIZE - 1;

	text[0] = '\0';
	if (flags.brief || ki->ki_stat == SZOMB ||
	    sysctl(oid, 4, text, &size, NULL, 0) != 0)
		size = 0;
	for (size_t i = 0; i + 1 < size; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	if (size > 0)
		text[size] = '\0';
	else if (ki->ki_stat == SZOMB)
		snprintf(text, TEXT_SIZE, "<defunct>");
	else
		snprintf(
		    text, TEXT_SIZE, flags.brief ? "%s" : "[%s]", ki->ki_comm);
}

static const struct column {
	const char *name, *head;
	void (*print)(const struct kinfo_proc *ki, char *text);
	bool left; /* aligned */
} columns[] = {
    {"%cpu", "%CPU", print_cpu, false},
    {"%mem", "%MEM", print_mem, false},
    {"args", "COMMAND", print_command, true},
    {"comm", "COMMAND", print_comm, true},
    {"command", "COMMAND", print_command, true},
    {"etime", "ELAPSED", print_etime, false},
    {"jobc", "JOBC", print_jobc, false},
    {"lstart", "STARTED", print_lstart, true},
    {"mwchan", "MWCHAN", print_wchan, true},
    {"ni", "NI", print_nice, false},
    {"nice", "NI", print_nice, false},
    {"nlwp", "NLWP", print_nlwp, false},
    {"pgid", "PGID", print_pgid, false},
    {"pid", "PID", print_pid, false},
    {"ppid", "PPID", print_ppid, false},
    {"pri", "PRI", print_pri, false},
    {"rss", "RSS", print_rss, false},
    {"sid", "SID", print_sid, false},
    {"start", "STARTED", print_start, true},
    {"stat", "STAT", print_state, true},
    {"state", "STAT", print_state, true},
    {"time", "TIME", print_time, false},
    {"tpgid", "TPGID", print_tpgid, false},
    {"tt", "TT ", print_tt, true},
    {"tty", "TTY", print_tt, true},
    {"ucomm", "UCOMM", print_comm, true},
    {"uid", "UID", print_uid, false},
    {"user", "USER", print_user, true},
    {"vsz", "VSZ", print_vsz, false},
    {"wchan", "WCHAN", print_wchan, true},
};
#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Those that are shown. */
static struct shown {
	const struct column *column;
	const char *head;
	int width;
} shown[COLUMNS_MAX];
static int nshown;

static void
show_column(const char *name, const char *head)
{
	if (nshown == COLUMNS_MAX)
		errx(1, "too many columns");
	for (size_t i = 0; i < NCOLUMNS; i++)
		if (strcmp(name, columns[i].name) == 0) {
			shown[nshown++] = (struct shown){&columns[i],
			    head != NULL ? head : columns[i].head, 0};
			return;
		}
	errx(1, "%s: keyword not found", name);
}

/* "pid,tt=TERMINAL": the head takes the rest of the list. */
static void
show_columns(const char *list)
{
	char *rest = strdup(list), *name, *head;

	if (rest == NULL)
		err(1, NULL);
	while (rest != NULL) {
		head = strchr(rest, '=');
		name = strsep(&rest, ", =");
		if (head != NULL && head == name + strlen(name)) {
			show_column(name, head + 1);
			return;
		}
		if (name[0] != '\0')
			show_column(name, NULL);
	}
}

static bool
is_listed(const char *list, long number)
{
	char *end;

	while (*list != '\0') {
		if (strtol(list, &end, 10) == number && end != list)
			return (true);
		list = end == list ? end + 1 : end;
		list += strspn(list, ", ");
	}
	return (false);
}

static uint64_t
terminal_device(const char *name)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/dev/%s", name);
	if (name[0] == '/')
		snprintf(path, sizeof(path), "%s", name);
	else if (stat(path, &st) != 0)
		snprintf(path, sizeof(path), "/dev/tty%s", name);
	if (stat(path, &st) != 0 || !S_ISCHR(st.st_mode))
		errx(1, "%s: it isn't a terminal", name);
	return (st.st_rdev);
}

static bool
is_wanted(const struct kinfo_proc *ki)
{
	static uint64_t terminal;
	const struct passwd *pw;

	if (flags.pids != NULL)
		return (is_listed(flags.pids, ki->ki_pid));
	if (flags.terminal != NULL) {
		if (terminal == 0)
			terminal = terminal_device(flags.terminal);
		return (ki->ki_tdev == terminal);
	}
	if (flags.user != NULL) {
		pw = getpwnam(flags.user);
		return (pw != NULL ? ki->ki_uid == pw->pw_uid
				   : is_listed(flags.user, ki->ki_uid));
	}
	return ((flags.others || ki->ki_uid == getuid()) &&
		(flags.alone || (ki->ki_kiflag & KI_CTTY) != 0));
}

/* All there are, in the order of their numbers. */
static int
compare(const void *a, const void *b)
{
	const struct kinfo_proc *x = a, *y = b;

	return (x->ki_pid < y->ki_pid ? -1 : x->ki_pid > y->ki_pid);
}

static struct kinfo_proc *
read_processes(size_t *count)
{
	int oid[] = {CTL_KERN, KERN_PROC, KERN_PROC_PROC, 0};
	struct kinfo_proc *list = NULL;
	size_t size, n = 0;

	for (int tries = 0; tries < 8; tries++) {
		if (sysctl(oid, 3, NULL, &size, NULL, 0) != 0)
			break;
		free(list);
		list = malloc(size);
		if (list == NULL)
			err(1, NULL);
		if (sysctl(oid, 3, list, &size, NULL, 0) != 0)
			continue;
		for (size_t i = 0; i < size / sizeof(*list); i++)
			if (is_wanted(&list[i]))
				list[n++] = list[i];
		qsort(list, n, sizeof(*list), compare);
		*count = n;
		return (list);
	}
	err(1, "kern.proc");
}

/* What `cell` prints there, not wider than the screen if that is the last. */
static void
print_row(char (*cells)[TEXT_SIZE], int screen)
{
	int at = 0;

	for (int i = 0; i < nshown; i++) {
		bool last = i == nshown - 1;
		int width = shown[i].width, room = TEXT_SIZE;

		if (last && screen > 0)
			room = screen > at ? screen - at : 1;
		if (last && shown[i].column->left)
			printf("%.*s", room, cells[i]);
		else
			printf("%*s", shown[i].column->left ? -width : width,
			    cells[i]);
		at += width + 1;
		putchar(last ? '\n' : ' ');
	}
}

static int
screen_width(void)
{
	struct winsize ws;

	if (flags.wide > 1 || !isatty(1))
		return (0);
	if (flags.wide == 1)
		return (132);
	return (
	    ioctl(1, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 ? ws.ws_col : 80);
}

static void
show_table(const struct kinfo_proc *list, size_t count)
{
	static char cells[COLUMNS_MAX][TEXT_SIZE];
	int screen = screen_width(), width;
	bool heads = false;

	for (int i = 0; i < nshown; i++) {
		shown[i].width = (int)strlen(shown[i].head);
		heads |= shown[i].head[0] != '\0';
	}
	for (size_t p = 0; p < count; p++)
		for (int i = 0; i < nshown - 1; i++) {
			shown[i].column->print(&list[p], cells[i]);
			width = (int)strlen(cells[i]);
			if (width > shown[i].width)
				shown[i].width = width;
		}
	for (int i = 0; i < nshown; i++)
		snprintf(cells[i], TEXT_SIZE, "%s", shown[i].head);
	if (heads)
		print_row(cells, screen);
	for (size_t p = 0; p < count; p++) {
		for (int i = 0; i < nshown; i++)
			shown[i].column->print(&list[p], cells[i]);
		print_row(cells, screen);
	}
}

static void
read_constants(void)
{
	size_t size = sizeof(memory_size);

	page_size = sysconf(_SC_PAGESIZE);
	if (sysctlbyname("hw.physmem", &memory_size, &size, NULL, 0) != 0)
		memory_size = page_size;
}

static _Noreturn void
usage(void)
{
	fprintf(stderr, "usage: ps [-Aacejluwx] [-o keyword,...] [-p pid,...] "
			"[-t tty] [-U user]\n");
	exit(1);
}

static void
parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "Aacejlo:p:t:U:uwx")) != -1) {
		switch (c) {
		case 'A':
		case 'e':
			flags.others = flags.alone = true;
			break;
		case 'a':
			flags.others = true;
			break;
		case 'c':
			flags.brief = true;
			break;
		case 'j':
			show_columns("user,pid,ppid,pgid,sid,jobc,stat,tt,"
				     "time,command");
			break;
		case 'l':
			show_columns("uid,pid,ppid,pri,ni,vsz,rss,mwchan,stat,"
				     "tt,time,command");
			break;
		case 'o':
			show_columns(optarg);
			break;
		case 'p':
			flags.pids = optarg;
			break;
		case 't':
			flags.terminal = optarg;
			break;
		case 'U':
			flags.user = optarg;
			break;
		case 'u':
			show_columns("user,pid,%cpu,%mem,vsz,rss,tt,stat,start,"
				     "time,command");
			break;
		case 'w':
			flags.wide++;
			break;
		case 'x':
			flags.alone = true;
			break;
		default:
			usage();
		}
	}
}

int
main(int argc, char **argv)
{
	static char dashed[64];
	struct kinfo_proc *list;
	size_t count;

	/* ps aux, as of old. */
	if (argc > 1 && argv[1][0] != '-' &&
	    strspn(argv[1], "Aacejluwx") == strlen(argv[1]) &&
	    strlen(argv[1]) < sizeof(dashed) - 1) {
		snprintf(dashed, sizeof(dashed), "-%s", argv[1]);
		argv[1] = dashed;
	}
	parse_options(argc, argv);
	if (optind != argc)
		usage();
	if (nshown == 0)
		show_columns("pid,tt,stat,time,command");
	read_constants();
	list = read_processes(&count);
	show_table(list, count);
	free(list);
	return (count > 0 ? 0 : 1);
}
