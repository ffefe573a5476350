/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/peer_macs.h"

/* When a router fails, the MAC addresses of many peers change. */
#define LINES_BURST	10
#define LINES_NS	(60 * NSEC_PER_SEC)

/* It is too early to be recent. */
#define NEVER		((struct mono_time){ INT64_MIN / 2 })

bool
peer_macs_init(struct peer_macs *p, const struct configuration *config)
{
	*p = (struct peer_macs){ .config = config };
	p->last = calloc(config->nwatches + 1, sizeof(*p->last));
	return (p->last != NULL);
}

void
peer_macs_free(struct peer_macs *p)
{
	free(p->last);
	p->last = NULL;
}

/*
 * False when a router may have forwarded the packet: its hop limit is not one
 * with which hosts send.  Packets that are not IP have 0.
 */
static bool
is_direct(const struct packet *packet)
{
	static const uint8_t	 sent[] = { 0, 1, 32, 64, 128, 255 };

	return (memchr(sent, packet->hop_limit, sizeof(sent)) != NULL);
}

static bool
has_one_flow(const struct configuration_profile *profile)
{
	return (profile->form.protocol->transport != 0 ||
	    profile->local.family != ADDR_NONE);
}

static bool
is_recent(struct mono_time at, int64_t ns, struct mono_time now)
{
	return (mono_sub(now, at) < ns);
}

/* The position of the changes of a watch; p->n: there is none. */
static size_t
find(const struct peer_macs *p, uint32_t watch)
{
	size_t	 i;

	for (i = 0; i < p->n && p->changes[i].watch != watch; i++)
		;
	return (i);
}

/*
 * A place for a watch, for which the one with the oldest change is given up.
 * NULL when all have a recent warning, which must not be repeated.
 */
static struct peer_macs_change *
add(struct peer_macs *p, uint32_t watch, struct mono_time now)
{
	struct peer_macs_change	*c, *oldest = NULL;

	for (c = p->changes; c < p->changes + p->n; c++)
		if (!is_recent(c->warned, PEER_MACS_LOG_NS, now) &&
		    (oldest == NULL || mono_before(c->at, oldest->at)))
			oldest = c;
	if (p->n < PEER_MACS_CHANGES)
		oldest = &p->changes[p->n++];
	if (oldest != NULL)
		*oldest = (struct peer_macs_change){
			.watch = watch, .at = NEVER, .turned = NEVER,
			.warned = NEVER, .informed = NEVER,
		};
	return (oldest);
}

static char *
number_text(uint64_t number, char *text)
{
	uint8_t	 mac[sizeof(number)];

	memcpy(mac, &number, sizeof(number));
	return (mac_text(mac, text));
}

static void
warn(const struct peer_macs *p, struct peer_macs_change *c,
    struct mono_time now)
{
	const struct configuration_watch	*w =
	    p->config->watches[c->watch];
	char	 address[ADDR_TEXT_SIZE], since[64] = "";
	char	 before[MAC_TEXT_SIZE], last[MAC_TEXT_SIZE];

	if (is_recent(c->warned, PEER_MACS_LOG_NS, now))
		return;
	if (c->turns > 1)
		snprintf(since, sizeof(since), "; %" PRIu64 " times since the "
		    "last message", c->turns);
	log_warnx("watch \"%s\": packets from %s come from two MAC addresses "
	    "in turn, %s and %s; another host may have this address%s",
	    w->name, addr_text(&w->peer, address),
	    number_text(c->before, before),
	    number_text(p->last[c->watch], last), since);
	c->warned = now;
	c->turns = 0;
}

static void
inform(struct peer_macs *p, struct peer_macs_change *c, struct mono_time now)
{
	const struct configuration_watch	*w =
	    p->config->watches[c->watch];
	char	 address[ADDR_TEXT_SIZE];
	char	 before[MAC_TEXT_SIZE], last[MAC_TEXT_SIZE];

	if (is_recent(c->informed, PEER_MACS_LOG_NS, now) ||
	    !rate_limit_allows(&p->lines, LINES_NS, LINES_BURST, now))
		return;
	log_info("watch \"%s\": the MAC address of %s changed from %s to %s: "
	    "another network card, host or router", w->name,
	    addr_text(&w->peer, address), number_text(c->before, before),
	    number_text(p->last[c->watch], last));
	c->informed = now;
}

void
peer_macs_changed(struct peer_macs *p, uint32_t watch,
    const struct packet *packet, struct mono_time now)
{
	const struct configuration_watch	*w = p->config->watches[watch];
	uint64_t		 mac = peer_macs_number(packet->mac);
	uint64_t		 before = p->last[watch];
	struct peer_macs_change	*c;
	size_t			 i;
	bool			 in_turn;

	if (w->peer.family == ADDR_NONE || mac_is_virtual(packet->mac))
		return;
	p->last[watch] = mac;
	if (before == 0)
		return;
	i = find(p, watch);
	c = i < p->n ? &p->changes[i] : add(p, watch, now);
	if (c == NULL)
		return;
	in_turn = c->before == mac &&
	    is_recent(c->at, PEER_MACS_TURN_NS, now) && is_direct(packet) &&
	    has_one_flow(w->profile);
	c->before = before;
	c->at = now;
	if (!in_turn) {
		inform(p, c, now);
		return;
	}
	c->turned = now;
	c->turns++;
	warn(p, c, now);
}

bool
peer_macs_in_turn(const struct peer_macs *p, uint32_t watch,
    struct mac pair[2], struct mono_time *at)
{
	size_t	 i = find(p, watch);

	if (i == p->n || p->changes[i].turned.ns == NEVER.ns)
		return (false);
	memcpy(pair[0].octets, &p->changes[i].before, MAC_LENGTH);
	memcpy(pair[1].octets, &p->last[watch], MAC_LENGTH);
	*at = p->changes[i].turned;
	return (true);
}
