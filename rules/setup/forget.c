/* forget.c - have conntrack forget the flows of a road. */
#include "rules/setup/forget.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

/* Without a version the family is not looked at: ctnetlink_del_conntrack(),
 * nf_conntrack_netlink.c. */
#define VERSION_WITH_FAMILY 1

static struct nlmsghdr *request_of(char *buffer, uint8_t family, uint32_t mark,
				   uint32_t mask)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header;

	request->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	request->nlmsg_seq = 1;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->nfgen_family = family;
	header->version = VERSION_WITH_FAMILY;
	mnl_attr_put_u32(request, CTA_MARK, htonl(mark));
	mnl_attr_put_u32(request, CTA_MARK_MASK, htonl(mask));
	return request;
}

int forget_flows(uint8_t family, uint32_t mark, uint32_t mask)
{
	_Alignas(struct nlmsghdr) char buffer[1024];
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER,
						     SOCK_CLOEXEC);
	struct nlmsghdr *request = request_of(buffer, family, mark, mask);
	ssize_t len;
	int rc = 0;

	if (!socket)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(socket, request, request->nlmsg_len) < 0) {
		rc = -errno;
		goto out;
	}
	len = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
	if (len < 0 || mnl_cb_run(buffer, (size_t)len, 1,
				  mnl_socket_get_portid(socket), NULL,
				  NULL) < 0)
		rc = -errno;
out:
	mnl_socket_close(socket);
	return rc == -ENOENT ? 0 : rc;
}
