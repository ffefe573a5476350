/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server of the control socket with real clients, in the time of the stage.
 */
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "base/unix_address.h"
#include "control.h"
#include "control_socket.h"
#include "state/control_request.h"
#include "user_names.h"

#include "scratch.h"
#include "stage.h"

#define N(array)	(sizeof(array) / sizeof((array)[0]))

static const char	 two[] =
    "watch \"a\" { interface = eth1 peer = 192.0.2.12 heartbeat = ip "
    "interruption = 10s peer-host = node-2 }\n"
    "watch \"b\" { interface = eth1 peer = 192.0.2.13 heartbeat = \"udp 7\" "
    "alarm = 12010 interruption = 20s }\n";

static const struct control_place	 place = { "/state", "udp:161" };

static struct scratch	 scratch;
static struct stage	 stage;
static struct control	*control;
static struct snmp_poll	 polled;
static double		 now;
static char		*answer;	/* owned */
static size_t		 length;
static unsigned		 nturns;

/*
 * Replaces the clock by which the server ends a turn: a step of work always
 * takes 2 us, however busy this machine is.
 */
struct mono_time	 __wrap_mono_now(void);

struct mono_time
__wrap_mono_now(void)
{
	static struct mono_time	 t = { NSEC_PER_SEC };

	return (t = mono_add(t, 2000));
}

static const char *
path(void)
{
	return (scratch_path(&scratch, "control"));
}

static void
begin(const char *text)
{
	scratch_begin(&scratch);
	stage_begin(&stage, text);
	now = 0;
	control = control_new(control_socket_open(path(), getegid()),
	    &stage.agent, &place);
	assert_non_null(control);
}

static int
end(void **state)
{
	(void)state;
	control_free(control);
	stage_end(&stage);
	scratch_end(&scratch);
	free(polled.fds);
	polled = (struct snmp_poll){ 0 };
	free(answer);
	answer = NULL;
	return (0);
}

/* A turn of the loop.  False when nothing was ready, and nothing is due. */
static bool
turn(void)
{
	int	 ready;
	bool	 busy;

	nturns++;
	polled.count = 0;
	stage.agent.now = stage_mono(now);
	atomic_store(stage.agent.current.shared->next_wakeup,
	    stage.agent.now.ns);
	assert_true(control_poll(control, &polled, stage.agent.now));
	ready = poll(polled.fds, polled.count, 0);
	assert_true(ready >= 0);
	control_work(control, &polled, 0);
	/* Everything else is due later. */
	busy = mono_before(control_due(control), stage_mono(now + 0.2));
	if (busy)
		now += 0.0005;
	return (ready > 0 || busy);
}

static void
turns(void)
{
	unsigned	 i;

	for (i = 0; turn(); i++)
		assert_in_range(i, 0, 100000);
}

static int
client(void)
{
	struct unix_address	 a;
	int			 fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	assert_true(unix_address_open(&a, path()));
	assert_int_equal(connect(fd, (const struct sockaddr *)&a.address,
	    sizeof(a.address)), 0);
	unix_address_close(&a);
	return (fd);
}

static void
put(int fd, const void *bytes, size_t size)
{
	assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), size);
}

static void
ask(int fd, const char *request)
{
	put(fd, request, strlen(request));
}

/* Appends what has arrived to the answer.  True at its end. */
static bool
receive(int fd)
{
	ssize_t	 n;

	do {
		answer = realloc(answer, length + 65536 + 1);
		assert_non_null(answer);
		n = recv(fd, answer + length, 65536, 0);
		length += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	answer[length] = '\0';
	return (n == 0 || errno != EAGAIN);
}

/* Receives all.  True if the connection was closed after it. */
static bool
receive_all(int fd)
{
	size_t	 before;
	bool	 closed;

	do {
		before = length;
		turns();
		closed = receive(fd);
	} while (!closed && length > before);
	return (closed);
}

static bool
read_answer(int fd)
{
	length = 0;
	return (receive_all(fd));
}

static unsigned
count(const char *text)
{
	const char	*p = answer;
	unsigned	 n = 0;

	while ((p = strstr(p, text)) != NULL) {
		n++;
		p += strlen(text);
	}
	return (n);
}

static void
assert_has(const char *text)
{
	if (strstr(answer, text) == NULL)
		fail_msg("no %s in %s", text, answer);
}

static void
assert_answer(int fd, const char *request, const char *expected)
{
	ask(fd, request);
	(void)read_answer(fd);
	assert_string_equal(answer, expected);
}

/* Are the watches in the answer in this order? */
static void
assert_order(const char *first, const char *second)
{
	const char	*p = strstr(answer, first);

	assert_non_null(p);
	assert_non_null(strstr(p, second));
}

/* ---- answers */

static void
status(void **state)
{
	int	 fd;

	(void)state;
	begin(two);
	fd = client();
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 1, 2);
	now = 4;
	ask(fd, "1\tstatus\n");
	assert_false(read_answer(fd));
	assert_order("\"watch\":\"a\"", "\"watch\":\"b\"");
	assert_has("{\"type\":\"daemon\",\"protocol\":1,\"version\":\"");
	assert_has("\"agentx\":{\"mode\":\"standalone\","
	    "\"address\":\"udp:161\",\"connected\":true,");
	assert_has("\"engine\":{\"running\":true,\"error\":null}");
	assert_has("\"interfaces\":[{\"interface\":\"eth1\",");
	assert_has("\"watches\":2,");
	assert_has("\"watches\":{\"total\":2,\"starting\":0,\"alive\":2,"
	    "\"late\":0,\"interrupted\":0,\"blind\":0,\"disabled\":0},"
	    "\"alarms\":{\"active\":0,");
	assert_has("\"state\":\"alive\",\"reason\":null,\"lastHeartbeat\":"
	    "\"2026-11-22T12:00:01.000000Z\",\"silence\":3.000000,"
	    "\"interval\":null,\"jitter\":null,\"heartbeats\":1,");
	assert_has("\"peer\":\"192.0.2.12\",\"peerHost\":\"node-2\"");
	assert_has("\"peer\":\"192.0.2.13\",\"peerHost\":null");
	assert_has("{\"type\":\"end\",\"ok\":true,\"lines\":2,"
	    "\"omitted\":0}\n");

	/* The worse alarm comes first. */
	now = 30;
	stage_advance(&stage, now);
	ask(fd, "1\tstatus\tall\n");
	assert_false(read_answer(fd));
	assert_order("\"watch\":\"b\"", "\"watch\":\"a\"");
	assert_has("\"alarms\":{\"active\":2,\"critical\":0,\"major\":1,"
	    "\"minor\":1,\"warning\":0,");
	assert_has("\"interrupted\":2,");
	close(fd);
}

static void
one_watch(void **state)
{
	int	 fd;

	(void)state;
	begin(two);
	fd = client();
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 1, 1);
	stage_advance(&stage, 15);
	stage_heartbeat(&stage, 0, 16);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "it is gone", 17);
	now = 18;
	ask(fd, "1\tstatus\twatch\ta\n");
	assert_false(read_answer(fd));
	assert_int_equal(count("\"type\":\"watch\""), 1);
	assert_has("\"state\":\"blind\",\"reason\":\"it is gone\"");
	assert_has("\"evidence\":[");
	assert_has("\"events\":[{\"sequence\":3,\"event\":\"blind\",");
	assert_order("{\"sequence\":3,\"event\":\"blind\"",
	    "{\"sequence\":2,\"event\":\"cleared\"");
	assert_order("{\"sequence\":2,\"event\":\"cleared\"",
	    "{\"sequence\":1,\"event\":\"raised\"");
	assert_has("\"delivery\":\"pending\"}]}\n{\"type\":\"end\",");
	assert_answer(fd, "1\tnames\t\n",
	    "{\"type\":\"name\",\"watch\":\"a\"}\n"
	    "{\"type\":\"name\",\"watch\":\"b\"}\n"
	    "{\"type\":\"end\",\"ok\":true,\"lines\":2,\"omitted\":0}\n");
	assert_answer(fd, "1\tnames\tb\n",
	    "{\"type\":\"name\",\"watch\":\"b\"}\n"
	    "{\"type\":\"end\",\"ok\":true,\"lines\":1,\"omitted\":0}\n");
	ask(fd, "1\tstatus\twatch\tx\n");
	(void)read_answer(fd);
	assert_has("{\"type\":\"end\",\"ok\":false,"
	    "\"error\":\"no watch \\\"x\\\"\"}\n");
	close(fd);
}

/* The text of a configuration of many watches, which the caller frees. */
static char *
many(size_t n)
{
	char	*text;
	size_t	 size, i;
	FILE	*f = open_memstream(&text, &size);

	assert_non_null(f);
	for (i = 0; i < n; i++)
		fprintf(f, "watch \"w%zu\" { interface = eth1 "
		    "peer = 192.0.2.12 heartbeat = ip }\n", i);
	assert_int_equal(fclose(f), 0);
	return (text);
}

static void
many_watches(void **state)
{
	char		*text = many(5000);
	int		 fd;

	(void)state;
	begin(text);
	fd = client();
	/* None needs attention. */
	ask(fd, "1\tstatus\n");
	(void)read_answer(fd);
	assert_int_equal(count("\"type\":\"watch\""), 0);
	assert_has("\"starting\":5000,");
	assert_has("\"lines\":0,\"omitted\":5000}\n");

	ask(fd, "1\tstatus\tall\n");
	nturns = 0;
	(void)read_answer(fd);
	assert_int_equal(count("\"type\":\"watch\""), 5000);
	assert_has("\"lines\":5000,\"omitted\":0}\n");
	/* The loop does other work meanwhile. */
	assert_in_range(nturns, 20, 100000);

	ask(fd, "1\tnames\tw\n");
	(void)read_answer(fd);
	assert_int_equal(count("\"type\":\"name\""), 1000);

	now = 100;
	stage_advance(&stage, now);
	ask(fd, "1\tstatus\n");
	(void)read_answer(fd);
	assert_int_equal(count("\"type\":\"watch\""), 1000);
	assert_has("\"lines\":1000,\"omitted\":4000}\n");
	close(fd);
	free(text);
}

/* So the client shows that it does not list all of them. */
static void
as_many_as_are_listed(void **state)
{
	char	*needy = many(1000), *text;
	int	 fd;

	(void)state;
	assert_true(asprintf(&text, "%swatch other { enabled = false "
	    "interface = eth1 peer = 192.0.2.12 heartbeat = ip }\n", needy) >
	    0);
	begin(text);
	fd = client();
	now = 100;
	stage_advance(&stage, now);
	ask(fd, "1\tstatus\n");
	(void)read_answer(fd);
	assert_has("\"lines\":1000,\"omitted\":1}\n");
	close(fd);
	free(text);
	free(needy);
}

static void
reload(void **state)
{
	char	*text = many(5000);
	int	 fd;

	(void)state;
	begin(text);
	fd = client();
	ask(fd, "1\tstatus\tall\n1\tnames\tb\n");
	length = 0;
	do {
		assert_true(turn());
		(void)receive(fd);
	} while (count("\"type\":\"watch\"") == 0);
	stage_reload(&stage, two, 1);
	(void)receive_all(fd);
	assert_in_range(count("\"type\":\"watch\""), 1, 4999);
	assert_has("\"ok\":false,\"error\":\"the configuration was reloaded "
	    "meanwhile; repeat the request\"}\n"
	    "{\"type\":\"name\",\"watch\":\"b\"}\n");
	free(text);

	/* Also while the watches are counted, unless the turn counts all. */
	text = many(20000);
	stage_reload(&stage, text, 1);
	ask(fd, "1\tstatus\n");
	(void)turn();
	stage_reload(&stage, two, 1);
	(void)read_answer(fd);
	assert_int_equal(count("\"total\":2,") + count("\"total\":20000,"), 1);
	assert_has("\"ok\":true,");
	close(fd);
	free(text);
}

static void
chattering(void **state)
{
	double	 at;
	int	 fd;

	(void)state;
	begin("watch \"a\" { interface = eth1 peer = 192.0.2.12 "
	    "heartbeat = ip interruption = 10s }\n"
	    "watch \"b\" { interface = eth1 peer = 192.0.2.13 "
	    "heartbeat = ip interruption = 1s flapping = 2 in 10min }\n");
	fd = client();
	for (at = 1; at < 10; at += 2) {
		stage_heartbeat(&stage, 0, at);
		stage_heartbeat(&stage, 1, at);
	}
	now = 9;
	ask(fd, "1\tstatus\n");
	(void)read_answer(fd);
	assert_order("\"watch\":\"b\"", "\"watch\":\"a\"");
	assert_order("\"watch\":\"b\"", "\"chattering\":true");
	assert_has("\"alive\":2,");
	close(fd);
}

static void
actions(void **state)
{
	static const char	 done[] =
	    "{\"type\":\"end\",\"ok\":true,\"lines\":0,\"omitted\":0}\n";
	int	 fd;

	(void)state;
	begin(two);
	fd = client();
	assert_answer(fd, "1\tacknowledge\t\tx\n",
	    "{\"type\":\"end\",\"ok\":false,"
	    "\"error\":\"no watch \\\"x\\\"\"}\n");
	ask(fd, "1\tacknowledge\t\ta\n");
	(void)read_answer(fd);
	assert_has("\"ok\":false,\"error\":\"watch \\\"a\\\": ");
	assert_answer(fd, "1\tshelve\t2h\twork\tb\n", done);
	now = 15;
	stage_advance(&stage, now);
	assert_answer(fd, "1\tacknowledge\tI look\ta\n", done);
	ask(fd, "1\tstatus\n1\tunshelve\tb\n1\tunshelve\tx\n");
	(void)read_answer(fd);
	assert_order("\"watch\":\"a\"", "\"watch\":\"b\"");
	assert_has("\"operatorState\":\"acknowledged\",\"operator\":\"");
	assert_has(" (uid ");
	assert_has("\"operatorText\":\"I look\",");
	assert_has("\"operatorState\":\"shelved\",");
	assert_has("\"shelved\":1,\"unacknowledged\":0}");
	assert_has("\"ok\":true,\"lines\":0,\"omitted\":0}\n"
	    "{\"type\":\"end\",\"ok\":false,");
	ask(fd, "1\tstatus\twatch\tb\n");
	(void)read_answer(fd);
	assert_has("\"operatorState\":\"none\"");
	assert_has("\"event\":\"changed\"");
	close(fd);
}

/* ---- clients that misbehave */

static void
invalid_requests(void **state)
{
	static const char	 name[] =
	    "{\"type\":\"name\",\"watch\":\"a\"}\n"
	    "{\"type\":\"end\",\"ok\":true,\"lines\":1,\"omitted\":0}\n";
	static char		 megabyte[1 << 20];
	int			 fd;

	(void)state;
	begin(two);
	fd = client();
	assert_answer(fd, "\xff\n1\tnames\ta\n",
	    "{\"type\":\"end\",\"ok\":false,\"error\":\"the request is not a "
	    "line of UTF-8 text\"}\n"
	    "{\"type\":\"name\",\"watch\":\"a\"}\n"
	    "{\"type\":\"end\",\"ok\":true,\"lines\":1,\"omitted\":0}\n");
	put(fd, "1\tstatus\0\n", 10);
	(void)read_answer(fd);
	assert_has("the request is not a line of UTF-8 text");

	/* A request in two parts. */
	assert_answer(fd, "1\tna", "");
	assert_answer(fd, "mes\ta\n", name);

	/* A line that is too long ends the connection. */
	memset(megabyte, 'x', sizeof(megabyte));
	assert_in_range(send(fd, megabyte, sizeof(megabyte), MSG_NOSIGNAL),
	    CONTROL_REQUEST_MAX + 1, sizeof(megabyte));
	assert_true(read_answer(fd));
	assert_string_equal(answer, "{\"type\":\"end\",\"ok\":false,"
	    "\"error\":\"the request is too long; expected at most 4096 octets "
	    "and a newline\"}\n");
	close(fd);

	/* Lines before the end are answered, half a line is not. */
	fd = client();
	ask(fd, "1\tnames\ta\n1\tnames\ta");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_true(read_answer(fd));
	assert_string_equal(answer, name);
	close(fd);

	fd = client();
	ask(fd, "1\tstatus\n1\tstatus\n");
	close(fd);
	turns();
	assert_int_equal(polled.count, 1);
}

/* A client that does not read costs only its buffers, and is closed. */
static void
no_reader(void **state)
{
	char	*text = many(5000);
	int	 fd;

	(void)state;
	begin(text);
	fd = client();
	ask(fd, "1\tstatus\tall\n");
	turns();
	assert_int_equal(polled.count, 2);
	now = 30;
	turns();
	assert_int_equal(polled.count, 2);
	now = 61;
	turns();
	turns();
	assert_int_equal(polled.count, 1);
	length = 0;
	assert_true(receive(fd));
	assert_in_range(length, 65536, 1 << 20);
	close(fd);
	free(text);
}

static void
many_clients(void **state)
{
	int	 fds[CONTROL_CLIENTS + 20];
	size_t	 i;
	int	 fd;

	(void)state;
	begin(two);
	/* All of them are silent. */
	for (i = 0; i < N(fds); i++) {
		fds[i] = client();
		turns();
	}
	assert_int_equal(polled.count, 1 + CONTROL_CLIENTS);
	fd = client();
	ask(fd, "1\tnames\ta\n");
	(void)read_answer(fd);
	assert_string_equal(answer, "");
	/* The silent ones make place. */
	now = 0.3;
	(void)read_answer(fd);
	assert_int_equal(count("\"type\":\"name\""), 1);
	for (i = 0; i < N(fds); i++)
		close(fds[i]);
	turns();
	assert_int_equal(polled.count, 2);
	now = 61;
	turns();
	assert_true(receive(fd));
	close(fd);
}

/* Without a socket nothing happens. */
static void
no_socket(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	stage_begin(&stage, two);
	control = control_new(-1, &stage.agent, &place);
	assert_non_null(control);
	assert_false(turn());
	assert_int_equal(polled.count, 0);
	assert_int_equal(control_due(control).ns, MONO_NEVER.ns);
}

/* ---- the socket */

static mode_t
mode_of(const char *file)
{
	struct stat	 st;

	return (lstat(file, &st) == 0 ? st.st_mode : 0);
}

static void
sockets(void **state)
{
	const char	*file, *directory;
	char		 longer[600];
	struct stat	 st;
	int		 fd, other;

	(void)state;
	scratch_begin(&scratch);
	assert_int_equal(control_socket_open("", getegid()), -1);
	file = path();
	fd = control_socket_open(file, getegid());
	assert_true(fd >= 0);
	assert_int_equal(mode_of(file), S_IFSOCK | 0660);
	/* Somebody listens on it. */
	assert_int_equal(control_socket_open(file, getegid()), -1);
	assert_int_equal(mode_of(file), S_IFSOCK | 0660);
	/* Nobody does. */
	close(fd);
	fd = control_socket_open(file, geteuid() == 0 ? 12345 : getegid());
	assert_true(fd >= 0);
	assert_int_equal(lstat(file, &st), 0);
	assert_int_equal(st.st_gid, geteuid() == 0 ? 12345 : getegid());
	close(fd);

	/* Other files are not replaced. */
	assert_int_equal(remove(file), 0);
	scratch_write(file, "x", 1);
	assert_int_equal(control_socket_open(file, getegid()), -1);
	assert_true(S_ISREG(mode_of(file)));
	assert_int_equal(remove(file), 0);
	assert_int_equal(mkdir(file, 0700), 0);
	assert_int_equal(control_socket_open(file, getegid()), -1);
	assert_true(S_ISDIR(mode_of(file)));
	assert_int_equal(remove(file), 0);
	assert_int_equal(symlink("elsewhere", file), 0);
	assert_int_equal(control_socket_open(file, getegid()), -1);
	assert_true(S_ISLNK(mode_of(file)));
	assert_int_equal(mode_of(scratch_path(&scratch, "elsewhere")), 0);

	/* A missing directory is made, with one level. */
	directory = scratch_path(&scratch, "run");
	assert_int_equal(control_socket_open(scratch_path(&scratch,
	    "run/more/control"), getegid()), -1);
	fd = control_socket_open(scratch_path(&scratch, "run/control"),
	    getegid());
	assert_true(fd >= 0);
	assert_int_equal(mode_of(directory), S_IFDIR | 0755);
	close(fd);
	assert_int_equal(control_socket_open(scratch_path(&scratch, "run/"),
	    getegid()), -1);

	/* A path can be longer than an address. */
	snprintf(longer, sizeof(longer), "%s/%0200d", scratch.directory, 0);
	assert_int_equal(mkdir(longer, 0755), 0);
	strcat(longer, "/control");
	fd = control_socket_open(longer, getegid());
	assert_true(fd >= 0);
	assert_int_equal(mode_of(longer), S_IFSOCK | 0660);
	other = control_socket_open(longer, getegid());
	assert_int_equal(other, -1);
	close(fd);
	scratch_end(&scratch);
}

static void
users(void **state)
{
	static const char	 file[] =
	    "root:x:0:0:root:/root:/bin/sh\n"
	    "also-root:x:0:0::/:/bin/sh\n"
	    "\xff:x:7:7::/:/bin/sh\n"
	    "rubbish\n"
	    "a-name-of-more-than-thirty-two-octets:x:8:8::/:/bin/sh\n"
	    "alice:x:1000:1000::/:/bin/sh\n";
	struct user_names	 names = { 0 };
	char			 text[USER_NAMES_TEXT_SIZE];

	(void)state;
	scratch_begin(&scratch);
	user_names_load(&names, path());
	assert_string_equal(user_names_text(&names, 0, text), "uid 0");
	scratch_write(path(), file, sizeof(file) - 1);
	user_names_load(&names, path());
	user_names_load(&names, path());
	assert_int_equal(names.count, 3);
	assert_string_equal(user_names_text(&names, 0, text), "root (uid 0)");
	assert_string_equal(user_names_text(&names, 7, text), "uid 7");
	assert_string_equal(user_names_text(&names, 8, text), "uid 8");
	assert_string_equal(user_names_text(&names, 1000, text),
	    "alice (uid 1000)");
	assert_string_equal(user_names_text(&names, UINT32_MAX, text),
	    "uid 4294967295");
	user_names_free(&names);
	scratch_end(&scratch);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_teardown(status, end),
		cmocka_unit_test_teardown(one_watch, end),
		cmocka_unit_test_teardown(many_watches, end),
		cmocka_unit_test_teardown(as_many_as_are_listed, end),
		cmocka_unit_test_teardown(reload, end),
		cmocka_unit_test_teardown(chattering, end),
		cmocka_unit_test_teardown(actions, end),
		cmocka_unit_test_teardown(invalid_requests, end),
		cmocka_unit_test_teardown(no_reader, end),
		cmocka_unit_test_teardown(many_clients, end),
		cmocka_unit_test_teardown(no_socket, end),
		cmocka_unit_test(sockets),
		cmocka_unit_test(users),
	};

	return (cmocka_run_group_tests_name("control", tests, NULL, NULL));
}
