/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>

#include "config_file.h"

static void
part_write(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	assert_int_equal(fputs(text, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
}

/* All forms of include, relative to another directory, with their lines. */
static void
include_files(void **state)
{
	struct configuration	*c;
	char			*errors, file[64];

	(void)state;
	assert_int_equal(mkdir("parts", 0700), 0);
	part_write("parts/one.conf", "# one\nwatch one {\n interface = e\n"
	    "peer = ::1 heartbeat = ip }\ninclude 'more/two.conf'\n"
	    "snmp += last");
	assert_int_equal(mkdir("parts/more", 0700), 0);
	part_write("parts/more/two.conf", "watch two { interface = e peer = ::1"
	    " heartbeat = ip } include = ../three.conf # no end of line");
	part_write("parts/three.conf", "\xef\xbb\xbfwatch three {\n"
	    "interface = e peer = { ::1/128 } heartbeat = ip }");
	part_write(FILE_NAME, "host = h /* a\n comment */ include\n(\n"
	    "\"parts/one.conf\" ) role = include\n\n" WATCH("\n"));
	snprintf(file, sizeof(file), "%s/%s", directory, FILE_NAME);
	assert_int_equal(chdir("/"), 0);
	c = file_load(file, &errors);
	assert_int_equal(chdir(directory), 0);
	assert_string_equal(errors, "");
	free(errors);
	assert_non_null(c);
	assert_int_equal(c->nwatches, 4);
	assert_string_equal(c->watches[2]->name, "three@::1");
	assert_string_equal(c->watches[0]->name, "one");
	assert_string_equal(c->watches[3]->name, "w");
	assert_int_equal(c->watches[0]->profile->line, 2);
	assert_int_equal(c->watches[0]->profile->interface_line, 3);
	assert_int_equal(c->watches[0]->profile->heartbeat_line, 4);
	snprintf(file, sizeof(file), "%s/parts/one.conf", directory);
	assert_string_equal(c->watches[0]->profile->file, file);
	assert_string_equal(c->snmp[0].file, file);
	assert_int_equal(c->snmp[0].line, 6);
	snprintf(file, sizeof(file), "%s/parts/more/two.conf", directory);
	assert_string_equal(c->watches[1]->profile->file, file);
	assert_int_equal(c->watches[1]->profile->line, 1);
	snprintf(file, sizeof(file), "%s/%s", directory, FILE_NAME);
	assert_string_equal(c->watches[3]->profile->file, file);
	assert_int_equal(c->watches[3]->profile->line, 6);
	assert_string_equal(c->watches[3]->profile->role, "include");
	assert_string_equal(c->watches[0]->profile->host, "h");
	configuration_free(c);
	unlink("parts/three.conf");
	unlink("parts/more/two.conf");
	unlink("parts/one.conf");
	assert_int_equal(rmdir("parts/more"), 0);
	assert_int_equal(rmdir("parts"), 0);
}

/* All files that match, in alphabetical order; errors have their names. */
static void
include_pattern(void **state)
{
	static const char missing[] = "\ninclude('none/*.conf')\n";
	static const char wrong[] = "include(\"conf.d/*.conf\")\nrole = r\n";
	struct configuration	*c;

	(void)state;
	assert_int_equal(mkdir("conf.d", 0700), 0);
	c = load("include(\"conf.d/*.conf\")\n" WATCH(""));
	assert_int_equal(c->nwatches, 1);
	assert_string_equal(c->files, "c.conf\nconf.d/./\n");
	configuration_free(c);
	part_write("conf.d/20.conf", "source = s\n");
	part_write("conf.d/10.conf", "\n" WATCH(""));
	part_write("conf.d/.30.conf", "role = {");
	part_write("conf.d/40.conf~", "role = {");
	c = load("include 'conf.d/*.conf' host = h\n");
	assert_int_equal(c->nwatches, 1);
	assert_string_equal(c->watches[0]->profile->file, "conf.d/10.conf");
	assert_int_equal(c->watches[0]->profile->line, 2);
	assert_string_equal(c->watches[0]->profile->source, "s");
	assert_string_equal(c->watches[0]->profile->host, "h");
	assert_string_equal(c->files, "c.conf\nconf.d/./\n"
	    "conf.d/10.conf\nconf.d/20.conf\n");
	configuration_free(c);
	part_write("conf.d/20.conf", "include(\"[0-9]*.conf\")\n");
	refuse(wrong, strlen(wrong), "conf.d/10.conf:2: watch \"w\" is given "
	    "twice, first at conf.d/10.conf:2; expected another name\n"
	    "conf.d/20.conf:1: cannot include \"conf.d/20.conf\": the file "
	    "includes itself; expected a readable file\n");
	refuse(missing, strlen(missing), "c.conf:2: cannot include "
	    "\"none/*.conf\": No such file or directory; expected a readable "
	    "file\n");
	unlink("conf.d/10.conf");
	unlink("conf.d/20.conf");
	unlink("conf.d/.30.conf");
	unlink("conf.d/40.conf~");
	/* The name of an existing file is not a pattern. */
	part_write("conf.d/[a].conf", "role = r\n");
	part_write("conf.d/a.conf", "role = other\n");
	c = load("include(\"conf.d/[a].conf\")\n" WATCH(""));
	assert_string_equal(c->watches[0]->profile->role, "r");
	configuration_free(c);
	unlink("conf.d/[a].conf");
	unlink("conf.d/a.conf");
	assert_int_equal(rmdir("conf.d"), 0);
}

/* Sixteen files within each other are allowed, and no more. */
static void
include_depth(void **state)
{
	char	 file[32], text[64];
	int	 i;

	(void)state;
	for (i = 1; i <= 17; i++) {
		snprintf(file, sizeof(file), "%d.conf", i);
		snprintf(text, sizeof(text), "include(\"%d.conf\")\n", i + 1);
		part_write(file, i == 17 ? "role = r\n" : text);
	}
	configuration_free(load("include(2.conf)\n" WATCH("")));
	refuse("include(1.conf)\n", 16, "16.conf:1: cannot include "
	    "\"17.conf\": more than 16 files within each other; expected a "
	    "readable file\n");
	for (i = 1; i <= 17; i++) {
		snprintf(file, sizeof(file), "%d.conf", i);
		unlink(file);
	}
}

/* Opening a FIFO would block for ever. */
static void
include_pipe(void **state)
{
	static const char text[] = "\ninclude(\"pipe\")\n";

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	refuse(text, strlen(text), "c.conf:2: cannot include \"pipe\": not "
	    "a regular file; expected a readable file\n");
	unlink("pipe");
}

/* The word "include" is an ordinary word as a value or a title. */
static void
include_as_a_word(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("source = include service = \"include('x')\"\n"
	    "watch include { interface = include heartbeat = ip\n"
	    "peer = ::1 } snmp = { include, \"include 'x'\" }\n");
	assert_string_equal(c->watches[0]->name, "include");
	assert_string_equal(c->watches[0]->profile->interface, "include");
	assert_string_equal(c->snmp[1].text, "include 'x'");
	configuration_free(c);
	c = load("role = include \"host\" = h\n" WATCH(""));
	assert_string_equal(c->watches[0]->profile->role, "include");
	assert_string_equal(c->watches[0]->profile->host, "h");
	configuration_free(c);
}

static void
snmp_appended(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("snmp = one\nsnmp += { 'two',\n  \"three\" }\n");
	assert_int_equal(c->nsnmp, 3);
	assert_string_equal(c->snmp[0].text, "one");
	assert_string_equal(c->snmp[2].text, "three");
	assert_int_equal(c->snmp[0].line, 1);
	assert_int_equal(c->snmp[1].line, 2);
	assert_int_equal(c->snmp[2].line, 3);
	configuration_free(c);
}

/* Comments of each kind, text that looks like one, and the lines after. */
static void
comments(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("# one\n// two\n/* three\n * four */ host = h//x // y\n"
	    "/**/ source = '# /* //' # five\n"
	    "watch \"w\" # brace below\n{\n"
	    "interface = e peer = ::1 heartbeat = ip /* \" */ }\n");
	assert_string_equal(c->watches[0]->profile->host, "h//x");
	assert_string_equal(c->watches[0]->profile->source, "# /* //");
	assert_int_equal(c->watches[0]->profile->line, 6);
	assert_int_equal(c->watches[0]->profile->interface_line, 8);
	configuration_free(c);
}

static void
escapes(void **state)
{
	struct configuration *c;

	(void)state;
	assert_int_equal(setenv("HBWATCH_TEST", "of it", 1), 0);
	c = load("source = \"\\x61\\142\\\"c\\\\ ${HBWATCH_TEST}\"\n"
	    "role = 'a\\'\\\\\\x ${HBWATCH_TEST}' host = \"a\\\nb\"\n"
	    "service = \"${HBWATCH_NONE:-x}\"\n" WATCH(""));
	assert_string_equal(c->watches[0]->profile->source, "ab\"c\\ of it");
	assert_string_equal(c->watches[0]->profile->role,
	    "a'\\\\x ${HBWATCH_TEST}");
	assert_string_equal(c->watches[0]->profile->host, "ab");
	assert_string_equal(c->watches[0]->profile->service, "x");
	assert_int_equal(c->watches[0]->profile->line, 5);
	configuration_free(c);
}

/* A byte order mark, and lines that end with CR LF. */
static void
foreign_lines(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("\xef\xbb\xbfhost = h\r\nrole = \"r\"\r\n" WATCH("\r\n"));
	assert_string_equal(c->watches[0]->profile->host, "h");
	assert_string_equal(c->watches[0]->profile->role, "r");
	assert_int_equal(c->watches[0]->profile->line, 3);
	configuration_free(c);
}

static void
no_file(void **state)
{
	char *errors;

	(void)state;
	assert_null(file_load("none.conf", &errors));
	assert_string_equal(errors, "none.conf: No such file or directory; "
	    "expected a readable file\n");
	free(errors);
	assert_null(file_load(".", &errors));
	assert_string_equal(errors,
	    ".: not a regular file; expected a readable file\n");
	free(errors);
}

/* None of these may block.  A FIFO with a writer has no end. */
static void
no_regular_file(void **state)
{
	static const char *const names[] = { "fifo", "open-fifo", "socket",
		"/dev/null", "/dev/zero", "/dev/tty" };
	struct sockaddr_un	 address = { AF_UNIX, "socket" };
	char			*errors, expected[80];
	int			 fifo, fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t			 i;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(mkfifo("open-fifo", 0600), 0);
	fifo = open("open-fifo", O_RDWR);
	assert_return_code(fifo, errno);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_null(file_load(names[i], &errors));
		snprintf(expected, sizeof(expected), "%s: not a regular file; "
		    "expected a readable file\n", names[i]);
		assert_string_equal(errors, expected);
		free(errors);
		assert_null(configuration_load(names[i], true, stderr));
	}
	close(fifo);
	close(fd);
	unlink("fifo");
	unlink("open-fifo");
	unlink("socket");
}

/* The end of a pipe, by its name in /dev/fd; the text is in the pipe. */
static int
pipe_with(const char *text, char *name)
{
	int	 ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
	close(ends[1]);
	sprintf(name, "/dev/fd/%d", ends[0]);
	return (ends[0]);
}

static void
from_pipe(void **state)
{
	struct configuration	*c;
	char			*errors, name[32];
	int			 fd = pipe_with("history = 200\n", name);

	(void)state;
	assert_null(file_load(name, &errors));
	assert_non_null(strstr(errors, ": not a regular file; expected"));
	free(errors);
	c = configuration_load(name, true, stderr);
	assert_non_null(c);
	assert_int_equal(c->history, 200);
	configuration_free(c);
	close(fd);
}

/* The files are sparse: only their sizes are read. */
static void
too_large(void **state)
{
	int	 fd = open("big.conf", O_WRONLY | O_CREAT, 0600);
	char	*errors;

	(void)state;
	assert_int_equal(ftruncate(fd, 256 * 1024 * 1024), 0);
	assert_null(file_load("big.conf", &errors));
	assert_string_equal(errors, "big.conf: more than 256 MiB in all; "
	    "expected a readable file\n");
	free(errors);
	assert_int_equal(ftruncate(fd, 256 * 1024 * 1024 - 30), 0);
	refuse("include(big.conf)\nrole = r\nhost = h\n", 36, "c.conf:1: "
	    "cannot include \"big.conf\": more than 256 MiB in all; expected "
	    "a readable file\n");
	close(fd);
	unlink("big.conf");
}

static void
nul_byte(void **state)
{
	static const char text[] = "# x\nhost = \"a\0b\"\n";

	(void)state;
	refuse(text, sizeof(text) - 1,
	    "c.conf:2: NUL byte; expected a text file\n");
}

/* A file with errors does not change how the next file is read. */
static void
good_after_bad(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		refuse("host = \"a", 9, "c.conf:1: string is not closed: "
		    "missing \"\n");
		configuration_free(load(WATCH("")));
		refuse("host = \"\\9\"", 11,
		    "c.conf:1: invalid escape sequence \"\\9\"; expected "
		    "\\001 to \\377 or \\x01 to \\xff\n");
		configuration_free(load(WATCH("")));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(include_files),
		cmocka_unit_test(include_pattern),
		cmocka_unit_test(include_depth),
		cmocka_unit_test(include_pipe),
		cmocka_unit_test(include_as_a_word),
		cmocka_unit_test(snmp_appended),
		cmocka_unit_test(comments),
		cmocka_unit_test(escapes),
		cmocka_unit_test(foreign_lines),
		cmocka_unit_test(no_file),
		cmocka_unit_test(no_regular_file),
		cmocka_unit_test(from_pipe),
		cmocka_unit_test(too_large),
		cmocka_unit_test(nul_byte),
		cmocka_unit_test(good_after_bad),
	};

	return (cmocka_run_group_tests(tests, directory_enter,
	    directory_leave));
}
