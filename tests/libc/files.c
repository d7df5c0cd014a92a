/* SPDX-License-Identifier: BSD-2-Clause */
/* Standard I/O, files and directories. */
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static void
streams(void)
{
	char line[64], *all;
	size_t size;
	double d;
	FILE *f;
	int n;

	CHECK((f = fopen("/tmp/a", "w+x")) != NULL);
	CHECK(fprintf(f, "%s %d %.3f\n", "one", -2, 3.5) == 13);
	CHECK(fputs("second line\n", f) >= 0);
	rewind(f);
	CHECK(fscanf(f, "%63s %d %lf", line, &n, &d) == 3);
	CHECK(strcmp(line, "one") == 0 && n == -2 && d == 3.5);
	CHECK(fseek(f, 13, SEEK_SET) == 0);
	CHECK(fgets(line, sizeof(line), f) == line);
	CHECK(strcmp(line, "second line\n") == 0);
	CHECK(fgets(line, sizeof(line), f) == NULL && feof(f));
	CHECK(fclose(f) == 0);
	CHECK(fopen("/tmp/a", "wx") == NULL && errno == EEXIST);
	CHECK(fopen("/nowhere/a", "r") == NULL && errno == ENOENT);
	CHECK(strcmp(strerror(ENOENT), "No such file or directory") == 0);
	CHECK(
	    strcmp(strerror(EAGAIN), "Resource temporarily unavailable") == 0);
	CHECK((f = open_memstream(&all, &size)) != NULL);
	CHECK(fprintf(f, "%05d", 42) == 5 && fclose(f) == 0);
	CHECK(size == 5 && strcmp(all, "00042") == 0);
	free(all);
}

static void
attributes(void)
{
	struct timespec times[2] = {{1000, 5}, {2000, 7}};
	struct statvfs vfs;
	struct statfs fs;
	struct stat st;
	int fd;

	CHECK(chmod("/tmp/a", 0640) == 0);
	CHECK(utimensat(AT_FDCWD, "/tmp/a", times, 0) == 0);
	CHECK(stat("/tmp/a", &st) == 0);
	CHECK(S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0640);
	CHECK(st.st_size == 25 && st.st_nlink == 1);
	CHECK(st.st_atim.tv_sec == 1000 && st.st_atim.tv_nsec == 5);
	CHECK(st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 7);
	times[0].tv_nsec = UTIME_OMIT;
	times[1].tv_nsec = UTIME_NOW;
	CHECK((fd = open("/tmp/a", O_RDWR | O_CLOEXEC)) >= 0);
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	CHECK(futimens(fd, times) == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_atim.tv_sec == 1000);
	CHECK(st.st_mtim.tv_sec > 2000);
	CHECK(ftruncate(fd, 5) == 0 && lseek(fd, 0, SEEK_END) == 5);
	CHECK(close(fd) == 0);
	CHECK(symlink("a", "/tmp/b") == 0);
	CHECK(lstat("/tmp/b", &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(mkfifo("/tmp/fifo", 0600) == 0);
	CHECK(stat("/tmp/fifo", &st) == 0 && S_ISFIFO(st.st_mode));
	CHECK(access("/tmp/a", R_OK) == 0 && access("/tmp/c", F_OK) == -1);
	CHECK(statfs("/tmp", &fs) == 0 && fs.f_bsize != 0);
	CHECK(strcmp(fs.f_fstypename, "tmpfs") == 0);
	CHECK(statvfs("/tmp", &vfs) == 0 && vfs.f_frsize == fs.f_bsize);
}

static void
locks(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_len = 1};
	int fd, status;
	pid_t pid;

	CHECK((fd = open("/tmp/a", O_RDWR)) >= 0);
	CHECK(fcntl(fd, F_SETLK, &lock) == 0);
	if ((pid = fork()) == 0) {
		struct flock other = {.l_type = F_WRLCK, .l_len = 1};

		if (fcntl(fd, F_SETLK, &other) != -1 || errno != EAGAIN)
			_exit(1);
		if (fcntl(fd, F_GETLK, &other) != 0)
			_exit(2);
		_exit(other.l_pid == getppid() ? 0 : 3);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(close(fd) == 0);
}

static void
directories(void)
{
	char name[32] = "", cwd[64];
	struct dirent *d;
	int i, n = 0;
	glob_t g;
	DIR *dir;
	long at;

	CHECK(mkdir("/tmp/d", 0755) == 0 && chdir("/tmp/d") == 0);
	CHECK(getcwd(cwd, sizeof(cwd)) == cwd && strcmp(cwd, "/tmp/d") == 0);
	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "file%03d", i);
		CHECK(close(creat(name, 0644)) == 0);
	}
	CHECK((dir = opendir(".")) != NULL);
	while ((d = readdir(dir)) != NULL) {
		n += d->d_type == DT_REG;
		CHECK(d->d_namlen == strlen(d->d_name));
	}
	CHECK(n == 300);
	rewinddir(dir);
	readdir(dir);
	at = telldir(dir);
	d = readdir(dir);
	strcpy(name, d->d_name);
	seekdir(dir, at);
	d = readdir(dir);
	CHECK(d != NULL && strcmp(d->d_name, name) == 0);
	CHECK(closedir(dir) == 0);
	CHECK(glob("file1?9", 0, NULL, &g) == 0 && g.gl_pathc == 10);
	CHECK(strcmp(g.gl_pathv[9], "file199") == 0);
	globfree(&g);
	CHECK(rmdir("/tmp/d") == -1 && errno == ENOTEMPTY);
	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "file%03d", i);
		CHECK(remove(name) == 0);
	}
	CHECK(chdir("/") == 0 && remove("/tmp/d") == 0);
	CHECK(realpath("/tmp/b", cwd) == cwd && strcmp(cwd, "/tmp/a") == 0);
}

int
main(void)
{
	CHECK(mkdir("/tmp", 01777) == 0 || errno == EEXIST);
	streams();
	attributes();
	locks();
	directories();
	return (result("files"));
}
