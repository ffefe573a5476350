/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/mman.h>
#include <net/if.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/duration.h"
#include "base/memory_file.h"
#include "base/size.h"
#include "base/utf8.h"
#include "engine/engine_message.h"
#include "engine/handover.h"
#include "engine/shared_state.h"

/*
 * The file: MAGIC, the version, the sizes of the structures that both programs
 * share, and the header; then the watches.  A watch begins with flags; with
 * WATCH_PROFILE the profile follows, which the next watches without it share.
 * Numbers are big-endian.  A text is its length in 16 bits, its bytes and a
 * NUL.
 */
#define MAGIC		0x48425745	/* "HBWE" */

#define WATCH_PROFILE	0x01

#define PROFILE_ENABLED		0x01
#define PROFILE_DECAPSULATE	0x02
/* The text is that of the profile before, and is not repeated. */
#define PROFILE_SAME_INTERFACE	0x04
#define PROFILE_SAME_FILE	0x08
#define PROFILE_NO_FILE		0x10
#define PROFILE_PEER_MAC	0x20	/* the profile has this option */
#define PROFILE_HOP_LIMIT	0x40

/* The smallest watch: flags, line, address, and a name of one octet. */
#define WATCH_SIZE_MIN	10

static const uint32_t	 shared_sizes[] = {
	sizeof(struct engine_message), sizeof(struct engine_events),
	sizeof(struct engine_evidence),
	sizeof(struct shared_capture), sizeof(struct detect_watch),
	sizeof(struct dual),
};
#define SHARED_SIZES	(sizeof(shared_sizes) / sizeof(shared_sizes[0]))

/* ---- the agent writes */

struct output {
	int		 file;
	int		 error;		/* errno of the first error, or 0 */
	size_t		 used;
	uint8_t		 bytes[16 * 1024];
};

static void
flush(struct output *out)
{
	size_t	 done = 0;
	ssize_t	 n;

	while (done < out->used && out->error == 0) {
		n = write(out->file, out->bytes + done, out->used - done);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			out->error = n == 0 ? ENOSPC : errno;
	}
	out->used = 0;
}

static void
put_bytes(struct output *out, const void *bytes, size_t n)
{
	const uint8_t	*from = bytes;
	size_t		 part;

	for (; n > 0; n -= part, from += part) {
		if (out->used == sizeof(out->bytes))
			flush(out);
		part = sizeof(out->bytes) - out->used;
		if (part > n)
			part = n;
		memcpy(out->bytes + out->used, from, part);
		out->used += part;
	}
}

static void
put_number(struct output *out, uint64_t number, size_t octets)
{
	uint8_t	 bytes[8];
	size_t	 i;

	for (i = 0; i < octets; i++)
		bytes[i] = (uint8_t)(number >> 8 * (octets - 1 - i));
	put_bytes(out, bytes, octets);
}

static void
put_text(struct output *out, const char *text)
{
	size_t	 length = strlen(text);

	if (length > UINT16_MAX) {
		out->error = ENAMETOOLONG;
		return;
	}
	put_number(out, length, 2);
	put_bytes(out, text, length + 1);
}

static void
put_addr(struct output *out, const struct addr *addr)
{
	put_number(out, addr->family, 1);
	put_bytes(out, addr->octets, addr_length(addr));
}

/* `last` is the profile before; NULL: there was none. */
static void
put_profile(struct output *out, const struct configuration_profile *p,
    const struct configuration_profile *last)
{
	/* These texts are interned, so equal ones have the same address. */
	bool	 same_interface = last != NULL &&
		    p->interface == last->interface;
	bool	 same_file = last != NULL && p->file == last->file;

	put_number(out, (p->enabled ? PROFILE_ENABLED : 0) |
	    (p->decapsulate ? PROFILE_DECAPSULATE : 0) |
	    (same_interface ? PROFILE_SAME_INTERFACE : 0) |
	    (same_file ? PROFILE_SAME_FILE : 0) |
	    (p->file == NULL ? PROFILE_NO_FILE : 0) |
	    (p->has_peer_mac ? PROFILE_PEER_MAC : 0) |
	    (p->hop_limit > 0 ? PROFILE_HOP_LIMIT : 0), 1);
	if (!same_interface)
		put_text(out, p->interface);
	if (!same_file && p->file != NULL)
		put_text(out, p->file);
	put_text(out, p->heartbeat);
	put_number(out, (uint64_t)p->interruption_ns, 8);
	put_number(out, (uint64_t)p->hold_down_ns, 8);
	put_number(out, p->vlan, 4);
	put_addr(out, &p->local);
	put_addr(out, &p->floating_ip);
	put_number(out, p->dual == NULL ? 0 :
	    (uint64_t)p->dual->interruption_ns, 8);
	if (p->has_peer_mac)
		put_bytes(out, p->peer_mac.octets, MAC_LENGTH);
	if (p->hop_limit > 0)
		put_number(out, p->hop_limit, 1);
}

static void
put_watches(struct output *out, const struct configuration *config)
{
	const struct configuration_profile	*last = NULL;
	const struct configuration_watch	*w;
	size_t					 i;

	for (i = 0; i < config->nwatches && out->error == 0; i++) {
		w = config->watches[i];
		put_number(out, w->profile != last ? WATCH_PROFILE : 0, 1);
		if (w->profile != last)
			put_profile(out, w->profile, last);
		last = w->profile;
		put_number(out, (uint32_t)w->peer_line, 4);
		put_addr(out, &w->peer);
		put_text(out, w->name);
	}
}

int
handover_write(const struct configuration *config, bool verbose)
{
	struct output	 out = { .file = memory_file_new("hbwatch-watches") };
	size_t		 i;

	if (out.file < 0)
		return (-1);
	put_number(&out, MAGIC, 4);
	put_text(&out, PACKAGE_VERSION);
	for (i = 0; i < SHARED_SIZES; i++)
		put_number(&out, shared_sizes[i], 4);
	put_number(&out, verbose, 1);
	put_number(&out, config->realtime, 1);
	put_number(&out, config->evidence, 8);
	put_number(&out, config->nwatches, 4);
	put_watches(&out, config);
	flush(&out);
	if (out.error == 0 && !memory_file_seal(out.file, true))
		out.error = errno;
	if (out.error == 0)
		return (out.file);
	close(out.file);
	errno = out.error;
	return (-1);
}

/* ---- the engine reads */

struct input {
	struct cursor		 cursor;
	struct handover		*handover;
	const struct configuration_profile *last;	/* NULL: none yet */
};

static uint64_t
get_u64(struct cursor *c)
{
	uint64_t	 high = cursor_u32(c);

	return (high << 32 | cursor_u32(c));
}

/*
 * A text of 1 to `longest` octets, which is valid until the input ends; NULL
 * when it is invalid.
 */
static const char *
get_text(struct cursor *c, size_t longest)
{
	size_t		 length = cursor_u16(c);
	const char	*text = (const char *)cursor_take(c, length + 1);

	if (text == NULL || length == 0 || length > longest ||
	    text[length] != '\0' || strlen(text) != length ||
	    !utf8_valid(text)) {
		c->failed = true;
		return (NULL);
	}
	return (text);
}

/* The same, as a copy in the arena. */
static const char *
get_copy(struct input *in, size_t longest)
{
	const char	*text = get_text(&in->cursor, longest);

	if (text == NULL)
		return (NULL);
	return (arena_copy(&in->handover->arena, text, strlen(text)));
}

static void
get_addr(struct cursor *c, struct addr *addr)
{
	uint8_t		 family = cursor_u8(c);
	const uint8_t	*octets;

	*addr = (struct addr){ .family = ADDR_NONE };
	if (family > ADDR_IPV6) {
		c->failed = true;
		return;
	}
	if (family == ADDR_NONE)
		return;
	octets = cursor_take(c, family == ADDR_IPV4 ? 4 : 16);
	if (octets != NULL)
		addr_set(addr, family, octets);
}

static void
get_texts(struct input *in, struct configuration_profile *p, uint8_t flags)
{
	bool	 same_interface = (flags & PROFILE_SAME_INTERFACE) != 0;
	bool	 same_file = (flags & PROFILE_SAME_FILE) != 0;
	char	 error[256];

	if ((same_interface || same_file) && in->last == NULL) {
		in->cursor.failed = true;
		return;
	}
	p->interface = same_interface ? in->last->interface :
	    get_copy(in, IF_NAMESIZE - 1);
	if (same_file)
		p->file = in->last->file;
	else if ((flags & PROFILE_NO_FILE) == 0)
		p->file = get_copy(in, UINT16_MAX);
	p->heartbeat = get_copy(in, UINT16_MAX);
	if (p->heartbeat != NULL && !heartbeat_form_parse(p->heartbeat,
	    &p->form, error, sizeof(error)))
		in->cursor.failed = true;
}

static void
get_limits(struct cursor *c, struct configuration_profile *p, uint8_t flags)
{
	const uint8_t	*mac = NULL;

	if ((flags & PROFILE_PEER_MAC) != 0)
		mac = cursor_take(c, MAC_LENGTH);
	if (mac != NULL) {
		memcpy(p->peer_mac.octets, mac, MAC_LENGTH);
		p->has_peer_mac = true;
	}
	if ((flags & PROFILE_HOP_LIMIT) != 0)
		p->hop_limit = cursor_u8(c);
}

/* A duration in nanoseconds. */
static int64_t
get_duration(struct cursor *c, uint64_t min_ns)
{
	uint64_t	 ns = get_u64(c);

	if (ns < min_ns || ns > DURATION_MAX_NS)
		c->failed = true;
	return ((int64_t)ns);
}

/* The alarm of two active nodes; 0 stands for none.  False: no memory. */
static bool
get_dual(struct input *in, struct configuration_profile *p)
{
	int64_t	 ns = get_duration(&in->cursor, 0);

	if (ns == 0)
		return (true);
	if (ns < DURATION_MIN_NS)
		in->cursor.failed = true;
	p->dual = arena_alloc(&in->handover->arena, sizeof(*p->dual));
	if (p->dual == NULL)
		return (false);
	*p->dual = (struct configuration_alarm){
		.interruption_ns = ns,
	};
	return (true);
}

/* NULL when memory is exhausted. */
static struct configuration_profile *
get_profile(struct input *in)
{
	struct cursor			*c = &in->cursor;
	struct configuration_profile	*p;
	uint8_t				 flags = cursor_u8(c);

	p = arena_alloc(&in->handover->arena, sizeof(*p));
	if (p == NULL)
		return (NULL);
	p->enabled = (flags & PROFILE_ENABLED) != 0;
	p->decapsulate = (flags & PROFILE_DECAPSULATE) != 0;
	get_texts(in, p, flags);
	p->interruption_ns = get_duration(c, DURATION_MIN_NS);
	p->hold_down_ns = get_duration(c, 0);
	p->vlan = cursor_u32(c);
	if (p->vlan != VLAN_ANY && p->vlan >= VLAN_OTHER)
		c->failed = true;
	get_addr(c, &p->local);
	get_addr(c, &p->floating_ip);
	if (!get_dual(in, p))
		return (NULL);
	get_limits(c, p, flags);
	return (p);
}

/* NULL when memory is exhausted or the watch is invalid. */
static struct configuration_watch *
get_watch(struct input *in)
{
	struct cursor			*c = &in->cursor;
	struct configuration_profile	*p = NULL;
	struct configuration_watch	*w;
	struct addr			 peer;
	const char			*name;
	size_t				 size;
	uint32_t			 line;

	if ((cursor_u8(c) & WATCH_PROFILE) != 0)
		p = get_profile(in);
	else if (in->last != NULL)
		p = in->handover->config.watches[
		    in->handover->config.nwatches - 1]->profile;
	line = cursor_u32(c);
	get_addr(c, &peer);
	name = get_text(c, UINT16_MAX);
	size = name == NULL ? 0 : strlen(name) + 1;
	w = arena_alloc(&in->handover->arena,
	    offsetof(struct configuration_watch, name) + size);
	if (w == NULL || p == NULL)
		return (NULL);
	in->last = w->profile = p;
	w->peer_line = line <= INT32_MAX ? (int)line : 0;
	w->peer = peer;
	if (name != NULL)
		memcpy(w->name, name, size);
	return (w);
}

static void
get_watches(struct input *in)
{
	struct configuration		*config = &in->handover->config;
	struct configuration_watch	*w;
	size_t				 count = cursor_u32(&in->cursor);

	if (count > CONFIGURATION_WATCHES_MAX ||
	    count > in->cursor.left / WATCH_SIZE_MIN) {
		in->cursor.failed = true;
		return;
	}
	config->watches = calloc(count + 1, sizeof(*config->watches));
	in->handover->arena.exhausted = config->watches == NULL;
	while (config->watches != NULL && cursor_ok(&in->cursor) &&
	    config->nwatches < count) {
		w = get_watch(in);
		if (w != NULL)
			config->watches[config->nwatches++] = w;
		else
			in->cursor.failed = true;
	}
}

static void
get_options(struct input *in)
{
	in->handover->config.realtime = cursor_u8(&in->cursor);
	in->handover->config.evidence = get_u64(&in->cursor);
	if (in->handover->config.realtime > CONFIGURATION_REALTIME_MAX ||
	    in->handover->config.evidence > SIZE_MAX_OCTETS)
		in->cursor.failed = true;
}

/* True when a program of the same version and structures wrote the file. */
static bool
get_version(struct cursor *c)
{
	uint32_t	 magic = cursor_u32(c);
	const char	*version;
	size_t		 i;

	if (magic != MAGIC)
		return (false);
	version = get_text(c, UINT16_MAX);
	for (i = 0; i < SHARED_SIZES; i++)
		if (cursor_u32(c) != shared_sizes[i])
			return (false);
	return (version != NULL && strcmp(version, PACKAGE_VERSION) == 0);
}

bool
handover_parse(const uint8_t *bytes, size_t size, struct handover *handover)
{
	struct input	 in = {
		.cursor = cursor_over(bytes, size), .handover = handover,
	};
	bool		 no_memory;

	*handover = (struct handover){ .verbose = false };
	if (get_version(&in.cursor)) {
		handover->verbose = cursor_u8(&in.cursor) != 0;
		get_options(&in);
		get_watches(&in);
		if (cursor_ok(&in.cursor) && in.cursor.left == 0 &&
		    !handover->arena.exhausted)
			return (true);
	}
	no_memory = handover->arena.exhausted;
	handover_free(handover);
	errno = no_memory ? ENOMEM : EINVAL;
	return (false);
}

bool
handover_read(int file, struct handover *handover)
{
	size_t	 size = memory_file_size(file, true);
	void	*bytes;
	bool	 ok;

	*handover = (struct handover){ .verbose = false };
	if (size == 0) {
		errno = EINVAL;
		return (false);
	}
	bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
	if (bytes == MAP_FAILED)
		return (false);
	ok = handover_parse(bytes, size, handover);
	munmap(bytes, size);
	return (ok);
}

void
handover_free(struct handover *handover)
{
	struct configuration_profile	*last = NULL, *p;
	size_t				 i;

	for (i = 0; i < handover->config.nwatches; i++) {
		p = handover->config.watches[i]->profile;
		if (p != last)
			heartbeat_form_free(&p->form);
		last = p;
	}
	free(handover->config.watches);
	arena_free(&handover->arena);
	*handover = (struct handover){ .verbose = false };
}
