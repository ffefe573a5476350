/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <linux/if_packet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap.h>

#include "base/mono.h"
#include "packet/capture.h"

/*
 * The longest delay of a packet on a kernel without immediate mode.  In
 * immediate mode packets are delivered at once.
 */
#define TIMEOUT_MS	10

struct capture {
	pcap_t		*pcap;
	int		 link_type;
	int64_t		 timestamp_unit_ns;
	uint64_t	 dropped;	/* up to the last capture_dropped */
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
activate(const char *interface, int snapshot, int ring_bytes, char *error)
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
	pcap_set_promisc(pcap, strcmp(interface, "any") != 0);
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

static bool
set_filter(pcap_t *pcap, const char *filter, char *error)
{
	struct bpf_program	 program;
	bool			 fine;

	fine = pcap_compile(pcap, &program, filter, 1,
	    PCAP_NETMASK_UNKNOWN) == 0;
	if (fine) {
		fine = pcap_setfilter(pcap, &program) == 0;
		pcap_freecode(&program);
	}
	if (!fine)
		snprintf(error, CAPTURE_ERROR_SIZE, "%s", pcap_geterr(pcap));
	return (fine);
}

bool
capture_set_filter(struct capture *c, char *const *filters, size_t nfilters,
    char *error)
{
	size_t	 i;

	for (i = 0; i < nfilters; i++)
		if (set_filter(c->pcap, filters[i], error))
			return (true);
	return (false);
}

struct capture *
capture_open_live(const char *interface, int snapshot, int ring_bytes,
    char *error)
{
	struct capture	*c;
	char		 buffer[PCAP_ERRBUF_SIZE];

	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		snprintf(error, CAPTURE_ERROR_SIZE, "out of memory");
		return (NULL);
	}
	c->pcap = activate(interface, snapshot, ring_bytes, error);
	if (c->pcap == NULL) {
		free(c);
		return (NULL);
	}
	c->link_type = link_type_of(pcap_datalink(c->pcap));
	c->timestamp_unit_ns = pcap_get_tstamp_precision(c->pcap) ==
	    PCAP_TSTAMP_PRECISION_NANO ? 1 : NSEC_PER_USEC;
	if (pcap_setnonblock(c->pcap, 1, buffer) != 0) {
		snprintf(error, CAPTURE_ERROR_SIZE, "%s", buffer);
		capture_close(c);
		return (NULL);
	}
	return (c);
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
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
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
