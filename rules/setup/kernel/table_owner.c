/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table_owner.c - own `table inet waymark`, see table_owner.h. */
#include "rules/setup/kernel/table_owner.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rules/setup/kernel/nft.h"
#include "rules/setup/kernel/table_holder.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void table_owner_fini(struct table_owner *owner)
{
	close_fd(&owner->socket);
	close_fd(&owner->holder);
	owner->port = 0;
}

/* Not blocking, as libnftables reads until nothing is left. */
int table_owner_socket(void)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_NETFILTER);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0)
		return fd;
	close(fd);
	return -EIO;
}

static uint32_t port_of(int fd)
{
	struct sockaddr_nl address = { 0 };
	socklen_t len = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &len) == 0 ?
		       address.nl_pid : 0;
}

bool table_owner_works(void)
{
	char error[SETUP_ERROR_MAX];
	int fd = table_owner_socket();
	bool works = fd >= 0 &&
		     nft_check("add table inet waymark_probe "
			       "{ flags owner; }\n", fd, error) == 0;

	close_fd(&fd);
	return works;
}

bool table_owner_is_lost(struct table_owner *owner)
{
	struct pollfd ended = { .fd = owner->holder, .events = POLLIN };

	if (owner->holder < 0 || poll(&ended, 1, 0) <= 0)
		return false;
	close_fd(&owner->holder);
	return true;
}

void table_owner_find(struct table_owner *owner, const char *dir)
{
	struct table_owner found = TABLE_OWNER_NONE;

	(void)table_owner_is_lost(owner);
	if (owner->holder >= 0 ||
	    table_holder_ask(dir, &found.socket, &found.holder) < 0)
		return;
	found.port = port_of(found.socket);
	table_owner_fini(owner);
	*owner = found;
}

int table_owner_open(struct table_owner *owner)
{
	int fd;

	if (owner->socket >= 0)
		return 0;
	fd = table_owner_socket();
	if (fd < 0)
		return fd;
	owner->socket = fd;
	owner->port = port_of(fd);
	return 0;
}

int table_owner_keep(struct table_owner *owner, const char *dir)
{
	int rc;

	if (owner->holder >= 0)
		return 0;
	rc = table_owner_open(owner);
	if (rc < 0)
		return rc;
	rc = table_holder_start(dir, owner->socket, &owner->holder);
	return rc < 0 ? rc : 1;
}

void table_owner_end(struct table_owner *owner, const char *dir)
{
	table_holder_end(dir);
	table_owner_fini(owner);
}
