/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <linux/filter.h>
#include <linux/if_packet.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap.h>

#include "base/mono.h"
#include "packet/capture.h"
#include "packet/capture_program.h"
#include "packet/packet_layers.h"

/*
 * The longest delay of a packet on a kernel without immediate mode.  In
 * immediate mode packets are delivered at once.
 */
#define TIMEOUT_MS	10

/*
 * In the kernel's ring: the maximum distance from a header to the octets of its
 * packet, and how many octets libpcap inserts, a cooked header and a VLAN tag.
 */
#define RING_DISTANCE	128
#define RING_INSERTED	24
#define PAGE_MASK	((uintptr_t)4095)	/* no page is smaller */

/*
 * The most instructions of a filter that capture_widen_filter sets.  The kernel
 * limits the memory of a filter: net.core.optmem_max, at least 20 KiB.
 */
#define FILTER_MAX	1000

struct capture {
	pcap_t		*pcap;
	int		 link_type;
	bool		 has_ring_headers;	/* see ring_header */
	int64_t		 timestamp_unit_ns;
	uint64_t	 dropped;	/* up to the last capture_dropped */
	struct bpf_program filter;	/* of capture_set_filter; owned */
	capture_take	*take;		/* only within capture_drain */
	void		*arg;
	char		 error[CAPTURE_ERROR_SIZE];
};

/* The LINKTYPE_ number of a file; DLT_RAW is the only DLT_ that differs. */
static int
link_type_of(int dlt)
{
	return (dlt == DLT_RAW ? 101 : dlt);
}

static pcap_t *
activate(const char *interface, bool promiscuous, int snapshot, int ring_bytes,
    char *error)
{
	pcap_t	*pcap;
	char	 buffer[PCAP_ERRBUF_SIZE];
	int	 status;

	pcap = pcap_create(interface, buffer);
	if (pcap == NULL) {
		snprintf(error, CAPTURE_ERROR_SIZE, "%s", buffer);
		return (NULL);
	}
	pcap_set_snaplen(pcap, snapshot);
	pcap_set_promisc(pcap, promiscuous);
	pcap_set_timeout(pcap, TIMEOUT_MS);
	pcap_set_immediate_mode(pcap, 1);
	pcap_set_buffer_size(pcap, ring_bytes);
	/* If the kernel refuses nanoseconds, the unit is the microsecond. */
	(void)pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
	status = pcap_activate(pcap);
	if (status < 0) {
		snprintf(error, CAPTURE_ERROR_SIZE, "%s%s",
		    pcap_geterr(pcap)[0] != '\0' ? pcap_geterr(pcap) :
		    pcap_statustostr(status),
		    status == PCAP_ERROR_PERM_DENIED ||
		    status == PCAP_ERROR_PROMISC_PERM_DENIED ?
		    "; root or the capability CAP_NET_RAW is needed" : "");
		pcap_close(pcap);
		return (NULL);
	}
	return (pcap);
}

/*
 * Is the ring one of version 2, whose times are in nanoseconds?  libpcap uses
 * it in immediate mode.
 */
static bool
uses_ring_headers(pcap_t *pcap)
{
	int		 version;
	socklen_t	 length = sizeof(version);

	return (pcap_get_tstamp_precision(pcap) ==
	    PCAP_TSTAMP_PRECISION_NANO && getsockopt(pcap_fileno(pcap),
	    SOL_PACKET, PACKET_VERSION, &version, &length) == 0 &&
	    version == TPACKET_V2);
}

/*
 * Joins two programs: a frame that `first` discards goes to `second`.  To
 * compile both as one expression takes the optimiser of libpcap many times
 * longer.  The caller frees the result; false when memory is exhausted.
 */
static bool
join_programs(const struct bpf_program *first,
    const struct bpf_program *second, struct bpf_program *result)
{
	struct bpf_insn	*i;
	u_int		 n;

	*result = (struct bpf_program){
		.bf_len = first->bf_len + second->bf_len,
	};
	result->bf_insns = calloc(result->bf_len, sizeof(*i));
	if (result->bf_insns == NULL)
		return (false);
	memcpy(result->bf_insns, first->bf_insns,
	    first->bf_len * sizeof(*i));
	memcpy(result->bf_insns + first->bf_len, second->bf_insns,
	    second->bf_len * sizeof(*i));
	for (n = 0; n < first->bf_len; n++) {
		i = &result->bf_insns[n];
		if (i->code != (BPF_RET | BPF_K) || i->k != 0)
			continue;
		i->code = BPF_JMP | BPF_JA;
		i->k = first->bf_len - n - 1;
	}
	return (true);
}

/* Attaches a program to the socket or to its group. */
static bool
attach(const struct capture *c, int level, int option, struct bpf_insn *program,
    size_t length)
{
	_Static_assert(sizeof(struct sock_filter) == sizeof(struct bpf_insn),
	    "libpcap and the kernel have the same instructions");
	const struct sock_fprog	 p = {
		.len = (unsigned short)length, .filter = (void *)program,
	};

	if (length <= BPF_MAXINSNS)
		return (setsockopt(pcap_fileno(c->pcap), level, option, &p,
		    sizeof(p)) == 0);
	errno = EINVAL;
	return (false);
}

/*
 * Replaces the filter of the kernel.  pcap_setfilter() would also apply the
 * program to the next frame in this process, where no metadata of the kernel
 * can be read: it may reject a frame that passes.
 */
static bool
replace_filter(struct capture *c, const struct bpf_program *filter, char *error)
{
	struct bpf_insn	*program = NULL;
	size_t		 length = filter->bf_len;
	bool		 done;

	if (c->link_type == LINK_COOKED || c->link_type == LINK_COOKED2) {
		program = capture_program_cooked(filter, c->link_type, &length);
		if (program == NULL) {
			snprintf(error, CAPTURE_ERROR_SIZE, "the kernel cannot "
			    "read all data of the filter, or out of memory");
			return (false);
		}
	}
	done = attach(c, SOL_SOCKET, SO_ATTACH_FILTER, program != NULL ?
	    program : filter->bf_insns, length);
	if (!done)
		snprintf(error, CAPTURE_ERROR_SIZE, "%s", strerror(errno));
	free(program);
	return (done);
}

static bool
compile(struct capture *c, const char *filter, struct bpf_program *program,
    char *error)
{
	if (pcap_compile(c->pcap, program, filter, 1,
	    PCAP_NETMASK_UNKNOWN) == 0)
		return (true);
	snprintf(error, CAPTURE_ERROR_SIZE, "%s", pcap_geterr(c->pcap));
	return (false);
}

static bool
widen(struct capture *c, const char *filter, char *error)
{
	struct bpf_program	 more, both;
	bool			 fine;

	if (!compile(c, filter, &more, error))
		return (false);
	fine = more.bf_len + c->filter.bf_len <= FILTER_MAX;
	snprintf(error, CAPTURE_ERROR_SIZE, fine ? "out of memory" :
	    "the filter is too long");
	fine = fine && join_programs(&more, &c->filter, &both);
	pcap_freecode(&more);
	if (!fine)
		return (false);
	fine = replace_filter(c, &both, error);
	free(both.bf_insns);
	return (fine);
}

bool
capture_widen_filter(struct capture *c, char *const *filters, size_t nfilters,
    char *error)
{
	size_t	 i;

	if (nfilters == 0)
		return (replace_filter(c, &c->filter, error));
	for (i = 0; i < nfilters; i++)
		if (widen(c, filters[i], error))
			return (true);
	return (false);
}

/* ---- frames for one of two captures */

/* The flags are PACKET_FANOUT_FLAG_…; a third member is refused. */
static bool
join_group(const struct capture *c, int group, int flags)
{
	struct fanout_args	 argument = {
		.id = (uint16_t)group,
		.type_flags = (uint16_t)(PACKET_FANOUT_CBPF | flags),
		.max_num_members = 2,
	};

	return (setsockopt(pcap_fileno(c->pcap), SOL_PACKET, PACKET_FANOUT,
	    &argument, sizeof(argument)) == 0);
}

/* Makes a group of sockets with one member; -1 on error. */
static int
new_group(const struct capture *c)
{
	int		 group;
	socklen_t	 length = sizeof(group);

	if (!join_group(c, 0, PACKET_FANOUT_FLAG_UNIQUEID) ||
	    getsockopt(pcap_fileno(c->pcap), SOL_PACKET, PACKET_FANOUT,
	    &group, &length) != 0)
		return (-1);
	return (group & UINT16_MAX);
}

/*
 * Before Linux 6.15, "bpf: support SKF_NET_OFF and SKF_LL_OFF on skb frags",
 * the program of a group could not read some octets of frames with VLAN tags
 * that come from some network cards.  Before 5.1, the members also changed
 * their order when the interface went down and up.
 */
static bool
kernel_can_split(void)
{
	struct utsname	 name;
	int		 major, minor;

	return (uname(&name) == 0 &&
	    sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
	    (major > 6 || (major == 6 && minor >= 15)));
}

bool
capture_split(struct capture *rest, struct capture *chosen)
{
	struct bpf_insn	*program;
	size_t		 length;
	int		 group, none = 0;
	bool		 done;

	if (rest->link_type != LINK_ETHERNET ||
	    chosen->link_type != LINK_ETHERNET || !kernel_can_split())
		return (false);
	program = capture_program_split(&chosen->filter, &length);
	if (program == NULL)
		return (false);
	/* The first member of a group has position 0, the next one 1. */
	group = new_group(rest);
	done = group >= 0 &&
	    attach(rest, SOL_PACKET, PACKET_FANOUT_DATA, program, length) &&
	    join_group(chosen, group, 0);
	/* The group applies this filter already. */
	if (done)
		(void)setsockopt(pcap_fileno(chosen->pcap), SOL_SOCKET,
		    SO_DETACH_FILTER, &none, sizeof(none));
	free(program);
	return (done);
}

void
capture_lock_filter(struct capture *c)
{
	int	 on = 1;

	(void)setsockopt(pcap_fileno(c->pcap), SOL_SOCKET, SO_LOCK_FILTER, &on,
	    sizeof(on));
}

void
capture_add_ifindex(struct capture *c)
{
	if (pcap_set_datalink(c->pcap, CAPTURE_LINK_IFINDEX) == 0)
		c->link_type = CAPTURE_LINK_IFINDEX;
}

static void
discard(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	(void)user;
	(void)header;
	(void)bytes;
}

bool
capture_set_filter(struct capture *c, char *const *filters, size_t nfilters,
    char *error)
{
	struct bpf_program	 program;
	size_t			 i;
	int			 none = 0;
	bool			 compiled = false;

	for (i = 0; i < nfilters && !compiled; i++)
		compiled = compile(c, filters[i], &program, error);
	if (!compiled)
		return (false);
	pcap_freecode(&c->filter);
	c->filter = program;
	if (!replace_filter(c, &c->filter, error))
		(void)setsockopt(pcap_fileno(c->pcap), SOL_SOCKET,
		    SO_DETACH_FILTER, &none, sizeof(none));
	/* Most of the waiting frames came before the filter. */
	if (pcap_dispatch(c->pcap, -1, discard, NULL) >= 0)
		return (true);
	snprintf(error, CAPTURE_ERROR_SIZE, "%s", pcap_geterr(c->pcap));
	return (false);
}

static struct capture *
open_live(const char *interface, bool promiscuous, int snapshot,
    int ring_bytes, char *error)
{
	struct capture	*c;
	char		 buffer[PCAP_ERRBUF_SIZE];

	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		snprintf(error, CAPTURE_ERROR_SIZE, "out of memory");
		return (NULL);
	}
	c->pcap = activate(interface, promiscuous, snapshot, ring_bytes,
	    error);
	if (c->pcap == NULL) {
		free(c);
		return (NULL);
	}
	c->link_type = link_type_of(pcap_datalink(c->pcap));
	c->has_ring_headers = uses_ring_headers(c->pcap);
	c->timestamp_unit_ns = pcap_get_tstamp_precision(c->pcap) ==
	    PCAP_TSTAMP_PRECISION_NANO ? 1 : NSEC_PER_USEC;
	if (pcap_setnonblock(c->pcap, 1, buffer) != 0) {
		snprintf(error, CAPTURE_ERROR_SIZE, "%s", buffer);
		capture_close(c);
		return (NULL);
	}
	return (c);
}

struct capture *
capture_open_live(const char *interface, int snapshot, int ring_bytes,
    char *error)
{
	return (open_live(interface, strcmp(interface, "any") != 0, snapshot,
	    ring_bytes, error));
}

struct capture *
capture_open_second(const char *interface, int snapshot, int ring_bytes,
    char *error)
{
	return (open_live(interface, false, snapshot, ring_bytes, error));
}

/* The address of the group in Ethernet: RFC 1112, section 6.4, and RFC 2464. */
static void
group_mac(const struct addr *group, unsigned char *mac)
{
	if (group->family == ADDR_IPV6) {
		memcpy(mac, "\x33\x33", 2);
		memcpy(mac + 2, group->octets + 12, 4);
	} else {
		memcpy(mac, "\x01\x00\x5e", 3);
		memcpy(mac + 3, group->octets + 1, 3);
		mac[3] &= 0x7f;
	}
}

void
capture_join(struct capture *c, const struct addr *group)
{
	struct packet_mreq	 request = { .mr_type = PACKET_MR_ALLMULTI };
	struct if_nameindex	*interfaces = if_nameindex(), *i;

	if (interfaces == NULL)
		return;
	if (group != NULL) {
		request.mr_type = PACKET_MR_MULTICAST;
		request.mr_alen = 6;
		group_mac(group, request.mr_address);
	}
	for (i = interfaces; i->if_index != 0; i++) {
		request.mr_ifindex = (int)i->if_index;
		(void)setsockopt(pcap_fileno(c->pcap), SOL_PACKET,
		    PACKET_ADD_MEMBERSHIP, &request, sizeof(request));
	}
	if_freenameindex(interfaces);
}

void
capture_close(struct capture *c)
{
	if (c == NULL)
		return;
	pcap_freecode(&c->filter);
	pcap_close(c->pcap);
	free(c);
}

/* The link type for the type of hardware; -1: unknown, or no such interface. */
static int
hardware_link_type(const char *interface)
{
	struct ifreq	 request = { .ifr_name = "" };
	int		 fd, type = -1;

	if (strcmp(interface, "any") == 0)
		return (DLT_LINUX_SLL);
	/* Any socket can do it, and this one needs no permission to use IP. */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return (-1);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (ioctl(fd, SIOCGIFHWADDR, &request) == 0 &&
	    (request.ifr_hwaddr.sa_family == ARPHRD_ETHER ||
	    request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK))
		type = DLT_EN10MB;
	close(fd);
	return (type);
}

int
capture_interface_link_type(const char *interface)
{
	pcap_t	*pcap;
	char	 buffer[PCAP_ERRBUF_SIZE];
	int	 type;

	pcap = pcap_create(interface, buffer);
	if (pcap == NULL)
		return (-1);
	/* No frame is read, so the smallest ring is enough. */
	pcap_set_snaplen(pcap, CAPTURE_SNAPSHOT_SMALL);
	pcap_set_buffer_size(pcap, 1);
	if (pcap_activate(pcap) >= 0)
		type = link_type_of(pcap_datalink(pcap));
	else
		type = hardware_link_type(interface);
	pcap_close(pcap);
	return (type);
}

int
capture_descriptor(const struct capture *c)
{
	return (pcap_get_selectable_fd(c->pcap));
}

int
capture_link_type(const struct capture *c)
{
	return (c->link_type);
}

/*
 * libpcap does not hand out the status of a packet, but it hands out a pointer
 * into the ring of the kernel.  There the header of the packet is before its
 * octets, in the same page, at a distance that depends on the link type and on
 * what libpcap inserts: Documentation/networking/packet_mmap.rst of Linux.  It
 * is recognised by the time and length of the packet.  NULL: not found.
 */
static const struct tpacket2_hdr *
ring_header(const struct pcap_pkthdr *packet, const u_char *bytes)
{
	const struct tpacket2_hdr	*h;
	uintptr_t			 at = (uintptr_t)bytes - sizeof(*h);
	uintptr_t			 page = (uintptr_t)bytes & ~PAGE_MASK;

	for (at &= ~(uintptr_t)(TPACKET_ALIGNMENT - 1); at >= page &&
	    (uintptr_t)bytes - at <= RING_DISTANCE; at -= TPACKET_ALIGNMENT) {
		h = (const struct tpacket2_hdr *)at;
		if (h->tp_sec == (uint32_t)packet->ts.tv_sec &&
		    h->tp_nsec == (uint32_t)packet->ts.tv_usec &&
		    packet->len - h->tp_len <= RING_INSERTED)
			return (h);
	}
	return (NULL);
}

/* Documentation/networking/packet_mmap.rst, tp_status. */
static enum capture_checksum
checksum_state(const struct capture *c, const struct pcap_pkthdr *packet,
    const u_char *bytes)
{
	const struct tpacket2_hdr	*h = NULL;

	if (c->has_ring_headers)
		h = ring_header(packet, bytes);
	if (h == NULL)
		return (CAPTURE_CHECKSUM_UNKNOWN);
	return ((h->tp_status & (TP_STATUS_CSUMNOTREADY |
	    TP_STATUS_CSUM_VALID)) != 0 ? CAPTURE_CHECKSUM_TRUSTED :
	    CAPTURE_CHECKSUM_COMPLETE);
}

static void
hand_out(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct capture		*c = (struct capture *)user;
	struct capture_frame	 frame = {
		.timestamp = { header->ts.tv_sec * NSEC_PER_SEC +
		    header->ts.tv_usec * c->timestamp_unit_ns },
		.bytes = bytes,
		.captured = header->caplen,
		.wire = header->len,
		.link_type = c->link_type,
		.checksum = checksum_state(c, header, bytes),
	};

	c->take(c->arg, &frame);
}

enum capture_status
capture_drain(struct capture *c, int limit, capture_take *take, void *arg)
{
	int	 n;

	c->take = take;
	c->arg = arg;
	n = pcap_dispatch(c->pcap, limit, hand_out, (u_char *)c);
	if (n >= 0)
		return (n < limit ? CAPTURE_OK : CAPTURE_MORE);
	snprintf(c->error, sizeof(c->error), "%s", pcap_geterr(c->pcap));
	/* libpcap has no error code for a removed interface, only a text. */
	return (strstr(c->error, "disappeared") != NULL ? CAPTURE_GONE :
	    CAPTURE_INTERRUPTED);
}

const char *
capture_error(const struct capture *c)
{
	return (c->error);
}

uint64_t
capture_dropped(struct capture *c)
{
	struct tpacket_stats	 stats;
	socklen_t		 length = sizeof(stats);

	/* pcap_stats() also reads files, which the sandbox does not allow. */
	if (getsockopt(pcap_fileno(c->pcap), SOL_PACKET, PACKET_STATISTICS,
	    &stats, &length) == 0)
		c->dropped += stats.tp_drops;
	return (c->dropped);
}
