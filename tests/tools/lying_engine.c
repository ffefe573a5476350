/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An engine as an attacker could write it: it sends invalid reports, overwrites
 * the shared rows, hangs and crashes, at random.  engine-lies.sh runs it in
 * place of hbwatch-engine.
 *
 * The directory of the program has the file `seed` with the number of the next
 * run, which each run increases.  If it has `honest`, the program executes
 * hbwatch-engine.honest, with the same descriptors.  If it has `past`, with
 * another such number, the program sends correct raises and clears of the last
 * day, as fast as the agent takes them.
 */
#include <sys/mman.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/memory_file.h"
#include "base/mono.h"
#include "base/wall.h"
#include "engine/engine_message.h"
#include "engine/handover.h"
#include "engine/shared_state.h"

static struct handover		 handover;
static struct shared_state	*shared;
static uint64_t			 random_state;

/* ---- random numbers, which depend on the seed only */

static uint64_t
any(void)
{
	/* xorshift64* */
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * UINT64_C(0x2545f4914f6cdd1d));
}

/* 0 to n - 1. */
static uint64_t
below(uint64_t n)
{
	return (n == 0 ? 0 : (any() >> 16) % n);
}

static bool
once_in(uint64_t n)
{
	return (below(n) == 0);
}

/* Numbers at which programs fail, and others. */
static uint64_t
odd_number(void)
{
	static const uint64_t	 numbers[] = {
		0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x7fffffff, 0x80000000,
		0xffffffff, 0x7fffffffffffffff, 0x8000000000000000,
		0xffffffffffffffff, 0x7f800000, 0x7fc00000, 0xff800000,
	};

	if (once_in(3))
		return (any());
	return (numbers[below(sizeof(numbers) / sizeof(numbers[0]))]);
}

static void
fill(void *bytes, size_t n)
{
	uint8_t	*b = bytes;

	for (; n > 0; n--)
		*b++ = (uint8_t)odd_number();
}

/* ---- the directory of the program */

static void
path_of(const char *name, char *path, size_t size)
{
	char	 self[512];
	ssize_t	 n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char	*slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash == NULL)
		exit(1);
	*slash = '\0';
	snprintf(path, size, "%s/%s", self, name);
}

static bool
has_file(const char *name)
{
	char	 path[640];

	path_of(name, path, sizeof(path));
	return (access(path, F_OK) == 0);
}

/* As the agent executes an engine: the jail permits nothing else. */
static void
become_honest(char **argv)
{
	char	 path[640];
	int	 file;

	if (!has_file("honest"))
		return;
	path_of("hbwatch-engine.honest", path, sizeof(path));
	file = open(path, O_PATH);
	if (file >= 0 && (file == ENGINE_DESCRIPTORS_END || dup3(file,
	    ENGINE_DESCRIPTORS_END, O_CLOEXEC) >= 0))
		(void)execveat(ENGINE_DESCRIPTORS_END, "", argv, environ,
		    AT_EMPTY_PATH);
	exit(1);
}

/* Increases the number in a file; returns the old one. */
static unsigned long
take_number(const char *name)
{
	unsigned long	 number = 1;
	char		 path[640];
	FILE		*f;

	path_of(name, path, sizeof(path));
	f = fopen(path, "r+");
	if (f == NULL || fscanf(f, "%lu", &number) != 1)
		exit(1);
	rewind(f);
	fprintf(f, "%lu\n", number + 1);
	fclose(f);
	return (number);
}

/* ---- reports */

static void
send_bytes(const void *bytes, size_t n)
{
	struct pollfd	 fd = { .fd = ENGINE_PARENT, .events = POLLOUT };

	(void)poll(&fd, 1, 100);
	(void)send(ENGINE_PARENT, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
send_message(uint32_t type, uint32_t capture, uint32_t state, int priority)
{
	struct engine_message	 m = {
		.type = type, .capture = capture, .state = state,
		.priority = priority,
	};

	if (once_in(2))
		fill(m.text, sizeof(m.text));
	else
		snprintf(m.text, sizeof(m.text), "a lie %llx",
		    (unsigned long long)any());
	send_bytes(&m, sizeof(m));
}

/* The next transition of a watch, as its row has it. */
static struct engine_event
next_event(uint32_t watch)
{
	const struct detect_watch	*w = &shared->watches[watch];
	struct mono_time		 now = mono_now();

	return ((struct engine_event){
		.at = now, .at_wall = wall_now(),
		.last_heartbeat = wall_now(), .watch = watch,
		.number = w->transitions + 1,
		.transition = w->transitions % 2 == 0 ? DETECT_RAISED :
		    DETECT_CLEARED,
		.received = 1,
	});
}

/* Changes one member or two. */
static void
spoil(struct engine_event *e)
{
	switch (below(8)) {
	case 0:
		e->at.ns = (int64_t)odd_number();
		break;
	case 1:
		e->at_wall.ns = (int64_t)odd_number();
		break;
	case 2:
		e->last_heartbeat.ns = (int64_t)odd_number();
		break;
	case 3:
		e->watch = (uint32_t)odd_number();
		break;
	case 4:
		e->number = (uint32_t)odd_number();
		break;
	case 5:
		e->transition = (uint8_t)odd_number();
		break;
	case 6:
		e->received = (uint8_t)odd_number();
		e->stopping = (uint8_t)odd_number();
		break;
	default:
		e->lossy = (uint8_t)odd_number();
		e->link_down = (uint8_t)odd_number();
		break;
	}
}

static void
send_events(void)
{
	static struct engine_events	 events;
	uint32_t			 i, count = 1 + (uint32_t)below(4);

	events.type = ENGINE_EVENT;
	events.count = count;
	for (i = 0; i < count; i++) {
		events.events[i] =
		    next_event((uint32_t)below(shared->nwatches));
		if (once_in(2))
			spoil(&events.events[i]);
		else if (once_in(2))
			/* So the agent accepts more of them. */
			shared->watches[events.events[i].watch].transitions++;
	}
	if (once_in(10))
		events.count = (uint32_t)odd_number();
	send_bytes(&events, ENGINE_EVENTS_SIZE(count));
}

/*
 * A raise and a clear of each watch for each of its interruptions.  A later run
 * begins later, after the last event that the agent has accepted.
 */
static void
send_past(unsigned long run)
{
	static struct engine_events	 events;
	const struct detect_watch	*w;
	struct engine_event		 e;
	int64_t				 ns, age_ns;
	uint32_t			 i, n;

	events.type = ENGINE_EVENT;
	age_ns = (86400 - 600 * (int64_t)run) * NSEC_PER_SEC;
	for (i = 0; i < shared->nwatches; i++) {
		w = &shared->watches[i];
		ns = (int64_t)w->interruption_ns;
		e = next_event(i);
		e.at = mono_add(e.at, -age_ns);
		for (n = 0; n < age_ns / ns; n++) {
			e.at = mono_add(e.at, ns);
			events.count = 2;
			events.events[0] = events.events[1] = e;
			events.events[1].number = e.number + 1;
			events.events[1].transition = DETECT_CLEARED;
			e.number += 2;
			send_bytes(&events, ENGINE_EVENTS_SIZE(2));
		}
	}
}

static void
send_evidence(void)
{
	struct engine_evidence	 e;
	unsigned		 i, n = once_in(10) ? 2000 : 1;

	memset(&e, 0, sizeof(e));
	fill(&e.evidence, once_in(2) ? sizeof(e.evidence) : 0);
	e.type = ENGINE_EVIDENCE;
	e.watch = (uint32_t)(once_in(9) ? any() : below(shared->nwatches));
	e.evidence.flags &= once_in(9) ? UINT16_MAX : EVIDENCE_FLAGS;
	for (i = 0; i <= EVIDENCE_MAX; i++) {
		e.evidence.signals[i].state = (uint8_t)below(once_in(99) ?
		    256 : 4);
		e.evidence.signals[i].address.family = (uint8_t)below(
		    once_in(99) ? 256 : 3);
		e.evidence.signals[i].code = (uint8_t)any();
	}
	while (n-- > 0)
		send_bytes(&e, sizeof(e));
}

/* Writes into the memory for the last frames, which the agent reads. */
static void
write_rings(void)
{
	static uint8_t	*rings;
	static size_t	 size;
	size_t		 at, n;

	if (rings == NULL) {
		size = memory_file_size(ENGINE_RINGS, false);
		rings = size == 0 ? MAP_FAILED : mmap(NULL, size,
		    PROT_READ | PROT_WRITE, MAP_SHARED, ENGINE_RINGS, 0);
	}
	if (rings == MAP_FAILED)
		return;
	/* The two positions, or some of the records after them. */
	at = once_in(2) ? 0 : below(100000);
	n = once_in(2) ? 16 : below(4000);
	if (at + n <= size)
		fill(rings + at, n);
}

static void
send_garbage(void)
{
	static uint8_t	 bytes[sizeof(struct engine_events) + 64];
	size_t		 n = once_in(2) ? below(600) : below(sizeof(bytes));

	fill(bytes, n);
	if (n >= 4 && once_in(2))
		memset(bytes, 0, 4), bytes[0] = (uint8_t)below(7);
	send_bytes(bytes, n);
}

static void
send_flood(void)
{
	uint32_t	 capture = (uint32_t)below(shared->ncaptures);
	unsigned	 i, n = (unsigned)below(2000);

	for (i = 0; i < n; i++)
		if (once_in(3))
			send_message(ENGINE_LOG, 0, 0, (int)odd_number());
		else
			send_message(ENGINE_CAPTURE, capture, i % 2 == 0 ?
			    SHARED_CAPTURE_FAILED : SHARED_CAPTURE_RUNNING, 0);
}

/* ---- rows */

static void
write_rows(void)
{
	uint8_t	*bytes = shared->mapping;
	size_t	 at, n;

	at = once_in(4) ? 0 : below(shared->size);
	n = once_in(3) ? shared->size : below(200);
	if (n > shared->size - at)
		n = shared->size - at;
	fill(bytes + at, n);
}

static void
look_alive(void)
{
	atomic_store(shared->next_wakeup, mono_add(mono_now(),
	    NSEC_PER_SEC).ns);
}

/* ---- the whole */

static void
rest(uint64_t milliseconds)
{
	(void)poll(NULL, 0, (int)milliseconds);
}

static void
end(void)
{
	switch (below(6)) {
	case 0:
		exit(0);
	case 1:
		/* A sanitizer would report it in the log of the agent. */
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
		break;
	case 2:
		raise(SIGSTOP);
		break;
	case 3:
		/* It runs on without its socket. */
		close(ENGINE_PARENT);
		for (;;)
			write_rows();
	case 4:
		for (;;)
			rest(1000);
	default:
		abort();
	}
}

static void
lie(void)
{
	uint64_t	 kind = below(100);

	if (kind < 30)
		look_alive();
	else if (kind < 60)
		rest(below(20));
	else if (kind < 70)
		send_events();
	else if (kind < 73)
		send_evidence();
	else if (kind < 75)
		write_rings();
	else if (kind < 85)
		send_message((uint32_t)below(7), (uint32_t)below(3),
		    (uint32_t)below(5), (int)odd_number());
	else if (kind < 88)
		send_garbage();
	else if (kind < 90)
		send_flood();
	else if (kind < 99)
		write_rows();
	else if (once_in(4))
		end();
}

/* Sends ENGINE_READY, and often waits for the order as a correct one does. */
static void
begin(void)
{
	uint32_t	 order;

	if (once_in(10))
		write_rows();
	if (once_in(10))
		send_garbage();
	if (once_in(20))
		end();
	send_message(ENGINE_READY, 0, 0, 0);
	if (!once_in(10))
		(void)recv(ENGINE_PARENT, &order, sizeof(order), 0);
}

int
main(int argc, char **argv)
{
	struct mono_time	 until;
	uint32_t		 order;

	(void)argc;
	become_honest(argv);
	random_state = (take_number("seed") + 1) *
	    UINT64_C(0x9e3779b97f4a7c15);
	if (!handover_read(ENGINE_HANDOVER, &handover))
		return (1);
	shared = shared_state_attach(&handover.config, ENGINE_ROWS);
	if (shared == NULL || shared->nwatches == 0 || shared->ncaptures == 0)
		return (1);
	if (has_file("past")) {
		send_message(ENGINE_READY, 0, 0, 0);
		(void)recv(ENGINE_PARENT, &order, sizeof(order), 0);
		send_past(take_number("past"));
		return (0);
	}
	begin();
	look_alive();
	/* For some time it only lies in ways that are not noticed. */
	until = mono_add(mono_now(), (int64_t)below(2000) * NSEC_PER_MSEC);
	while (mono_before(mono_now(), until)) {
		look_alive();
		if (once_in(5))
			write_rows();
		if (once_in(20))
			send_flood();
		rest(below(50));
	}
	for (;;)
		lie();
}
