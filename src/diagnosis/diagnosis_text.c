/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/utf8.h"
#include "diagnosis/diagnosis_text.h"

_Static_assert(CONFIGURATION_REPAIRS == CAUSE_MAX + 1,
    "an alarm has a repair text for each cause");

/*
 * The meaning of the deciding evidence.  The first row that fits the cause, the
 * side and the deciding signal counts; 0 fits any.
 */
struct meaning {
	uint8_t		 cause;
	uint8_t		 side;
	uint8_t		 number;
	const char	*conclusion;
	const char	*repair;	/* see expand() */
};

#define START								\
	"Start the %r instance on %p; if it does not start, look for "	\
	"\"Float ip\" in %l and correct %f"

#define HUNG_OR_FILTERED						\
	"Check the %r instance on %p: its process, its load and its "	\
	"log; if it runs well, look for a firewall that drops %h"

static const struct meaning	 meanings[] = {
	{ CAUSE_NEVER_HEARD, 0, 0, "",
	  "Check that the %r instance runs on %p, and that peer, interface and "
	  "heartbeat of the watch are right (%h on %i)" },
	{ CAUSE_INSTANCE_STOPPED, 0, 0, "the instance is not running", START },
	{ CAUSE_FLOATING_IP, CAUSE_SIDE_HERE, EVIDENCE_LOG_MESSAGE,
	  "the floating IP is configured wrongly",
	  "Look for \"Float ip\" in %l, correct %f to a free "
	  "address of the subnet of %i, and restart the %r instance" },
	{ CAUSE_FLOATING_IP, 0, 0, "the floating IP is configured wrongly",
	  "Correct %f: it must be a free address of the subnet "
	  "of %i that no other host has; then restart the %r instance on %p" },
	{ CAUSE_LINK_ABNORMAL, CAUSE_SIDE_HERE, 0,
	  "the link of this host is down",
	  "Check the interface %i of this host: its state, cable and switch "
	  "port" },
	{ CAUSE_LINK_ABNORMAL, 0, EVIDENCE_ARP_UNANSWERED,
	  "the network between the nodes is interrupted",
	  "Check the switches, cables and routers between %i of this host and "
	  "%p, and whether %p answers a ping" },
	{ CAUSE_LINK_ABNORMAL, 0, EVIDENCE_SEGMENT_ALIVE,
	  "others stopped with the peer: a link between is down",
	  "Check the links between the switches of this host and of %p, and "
	  "whether %p answers a ping" },
	{ CAUSE_LINK_ABNORMAL, 0, EVIDENCE_HEARTBEATS_THINNED,
	  "the network loses packets",
	  "Check the links between %i of this host and %p for errors and "
	  "overload" },
	{ CAUSE_LINK_ABNORMAL, 0, EVIDENCE_PEER_ACKNOWLEDGES_ONLY,
	  "the network loses the heartbeats",
	  "Check the path from %p to %i of this host: the MTU of the links and "
	  "tunnels, firewalls, errors and overload" },
	{ CAUSE_LINK_ABNORMAL, 0, 0,
	  "the network between the nodes is interrupted",
	  "Check the switches, cables and routers between %i of this host and "
	  "%p, and whether %p answers a ping" },
	{ CAUSE_HOST_DOWN, 0, EVIDENCE_PEER_REBOOTED, "the host restarted",
	  "Find out why %p restarted; check that the %r instance runs on it "
	  "again" },
	{ CAUSE_HOST_DOWN, 0, 0, "the host is down or not connected",
	  "Check whether %p answers a ping; if it does not, switch the host on "
	  "and check its network card, cable and switch port" },
	{ CAUSE_ONE_WAY_LINK, 0, 0, "the link works in one direction only",
	  "Check the path from this host to %p: cables, switch ports and "
	  "firewalls; packets of %p arrive on %i, but ours do not arrive "
	  "there" },
	/* With these signals it may be a filter that sends no ICMP message. */
	{ CAUSE_PEER_HUNG, 0, EVIDENCE_PEER_OTHER_TRAFFIC,
	  "the host runs, but the instance does not send", HUNG_OR_FILTERED },
	{ CAUSE_PEER_HUNG, 0, EVIDENCE_PING_ANSWERED,
	  "the host runs, but the instance does not send", HUNG_OR_FILTERED },
	{ CAUSE_PEER_HUNG, 0, 0,
	  "the host runs, but the instance does not send",
	  "Check the %r instance on %p: its process, its load and its log; "
	  "restart it if it hangs" },
	{ CAUSE_DUAL_ACTIVE, 0, 0, "two nodes are active at the same time",
	  "Check the network between the nodes at once, and stop the %r "
	  "instance on the node that should be standby" },
	{ CAUSE_LOCAL_FAULT, 0, EVIDENCE_SEGMENT_ALIVE,
	  "the switch port of this host or its switch has failed",
	  "Check the switch and its port to which %i of this host is "
	  "connected" },
	{ CAUSE_LOCAL_FAULT, 0, EVIDENCE_OUR_HEARTBEATS,
	  "the instance on this host does not send",
	  "Start the %r instance on this host, or restart it if it hangs; if "
	  "it does not start, look for \"Float ip\" in %l and correct %f; if "
	  "it runs well, look for a firewall of this host that drops %h" },
	{ CAUSE_LOCAL_FAULT, 0, 0, "the instance on this host is not running",
	  "Start the %r instance on this host; if it does not start, look for "
	  "\"Float ip\" in %l and correct %f" },
	{ CAUSE_FILTERED, 0, EVIDENCE_PROHIBITED,
	  "a firewall rejects the heartbeats",
	  "Allow %h between the nodes in the firewall that sent the ICMP "
	  "message" },
	{ CAUSE_FILTERED, 0, 0, "a firewall drops the heartbeats",
	  "Check the firewalls of %p, of this host and between them: they must "
	  "allow %h in both directions" },
	{ CAUSE_HANDSHAKE_FAILED, 0, 0, "the nodes refuse the connection",
	  "Check the certificates of both nodes: validity, issuer and name; "
	  "the log of the %r instance has the reason" },
	{ CAUSE_UNKNOWN, 0, 0, "",
	  "Check that the %r instance runs on %p; whether %p answers a ping; "
	  "and whether %l says that the floating IP is invalid" },
};

static const struct meaning *
meaning_of(const struct verdict *v)
{
	const struct meaning	*m;
	size_t			 i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		m = &meanings[i];
		if (m->cause == v->cause &&
		    (m->side == 0 || m->side == v->side) &&
		    (m->number == 0 || m->number == v->number))
			return (m);
	}
	return (&meanings[sizeof(meanings) / sizeof(meanings[0]) - 1]);
}

/* The value of a conversion of a repair text. */
static const char *
value_of(const struct configuration_watch *w, char conversion, char *address)
{
	const struct configuration_profile	*p = w->profile;
	const char				*slash;

	switch (conversion) {
	case 'r':
		return (p->role);
	case 'i':
		return (p->interface);
	case 'h':
		return (p->heartbeat);
	case 'l':
		/* A notification has no room for long paths. */
		if (p->log == NULL)
			return ("its log");
		/* A damaged state file may have a path without a slash. */
		slash = strrchr(p->log, '/');
		snprintf(address, ADDR_TEXT_SIZE, ".../%.40s",
		    slash != NULL ? slash + 1 : p->log);
		return (address);
	case 'f':
		return (strcmp(p->alarm->service_type, "Flink") == 0 ?
		    "flink.ha.floatip" : "the floating IP address");
	case 'p':
		if (w->peer.family != ADDR_NONE)
			return (addr_text(&w->peer, address));
		return (p->peer_host != NULL ? p->peer_host : "the peer");
	default:
		return ("");
	}
}

/*
 * Copies a text into to[size], and cuts what does not fit.  %r is replaced by
 * the role of the watch, %p by the address of the peer, %i by the interface, %h
 * by the heartbeat, %l by the log and %f by the option with the floating IP.
 */
static void
expand(const struct configuration_watch *w, const char *text, char *to,
    size_t size)
{
	char	 address[ADDR_TEXT_SIZE], one[2] = "";
	size_t	 n = 0;

	for (to[0] = '\0'; *text != '\0' && n < size; text++) {
		one[0] = *text;
		n += (size_t)snprintf(to + n, size - n, "%s",
		    *text == '%' ? value_of(w, *++text, address) : one);
	}
	utf8_clean(to, size);
}

/* Is it the port at the end of a heartbeat such as "udp 20053"? */
static bool
is_port_of(const char *heartbeat, unsigned port)
{
	const char	*last = strrchr(heartbeat, ' ');
	char		 text[16];

	snprintf(text, sizeof(text), "%u", port);
	return (last != NULL && strcmp(last + 1, text) == 0);
}

char *
diagnosis_detail(const struct configuration_watch *w, const struct verdict *v,
    char *text)
{
	static const struct addr	 none;
	struct evidence_signal		 decided = v->decided;
	char				 evidence[EVIDENCE_TEXT_SIZE];

	text[0] = '\0';
	if (v->number == 0)
		return (text);
	/* The detail names peer and port before; a notification is short. */
	if (addr_equal(&decided.address, &w->peer)) {
		decided.address = none;
		memset(&decided.mac, 0, sizeof(decided.mac));
	}
	if (is_port_of(w->profile->heartbeat, decided.port))
		decided.port = 0;
	if (decided.count > 1)
		decided.count = 1;
	evidence_text(v->number, &decided, evidence);
	snprintf(text, DIAGNOSIS_DETAIL_SIZE, "%.120s%s%.60s", evidence,
	    evidence[0] != '\0' ? ": " : "", meaning_of(v)->conclusion);
	return (text);
}

char *
diagnosis_repair(const struct configuration_watch *w, const struct verdict *v,
    char *text)
{
	const char	*own = NULL;

	if (v->cause <= CAUSE_MAX)
		own = w->profile->alarm->repair[v->cause];
	if (own != NULL)
		snprintf(text, DIAGNOSIS_REPAIR_SIZE, "%s", own);
	else
		expand(w, meaning_of(v)->repair, text, DIAGNOSIS_REPAIR_SIZE);
	return (text);
}
