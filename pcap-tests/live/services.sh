# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# services.sh - Real servers for the lab: nginx, sshd, an SMTP server, a DNS
# server. Source it after lib.sh. They run in the namespace "server" and end with
# the lab.

# Names in the certificate and in the DNS.
NAME_PLAIN=www.example.org
NAME_VIDEO=r1.video.example
NAME_MEETING=meet.example

# Create a certificate for these names: $LAB_DIR/tls.crt, tls.key.
make_certificate()
{
	local names=DNS:$NAME_PLAIN,DNS:$NAME_VIDEO,DNS:$NAME_MEETING
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -days 2 -subj "/CN=$NAME_PLAIN" \
		-addext "subjectAltName=$names" \
		-keyout "$LAB_DIR/tls.key" -out "$LAB_DIR/tls.crt" 2>/dev/null
}

# nginx on ports 80 and 443; the page contains the requested name.
serve_web()
{
	local dir=$LAB_DIR/nginx
	mkdir -p "$dir" && make_certificate || return
	cat >"$dir/nginx.conf" <<-CONF
	user root;
	daemon off;
	master_process off;
	pid $dir/pid;
	error_log $dir/error.log;
	events { worker_connections 128; }
	http {
		access_log off;
		client_body_temp_path $dir/body;
		proxy_temp_path $dir/proxy;
		fastcgi_temp_path $dir/fastcgi;
		uwsgi_temp_path $dir/uwsgi;
		scgi_temp_path $dir/scgi;
		keepalive_timeout 30;
		server {
			listen 80;
			listen [::]:80;
			listen 443 ssl;
			listen [::]:443 ssl;
			ssl_certificate $LAB_DIR/tls.crt;
			ssl_certificate_key $LAB_DIR/tls.key;
			location / {
				default_type text/plain;
				return 200 "this is \$host\n";
			}
		}
	}
	CONF
	lab_start server nginx "$(command -v nginx)" -p "$dir" \
		-e "$dir/error.log" -c "$dir/nginx.conf"
	until_true 50 lab_listens server tcp 443
}

# An HTTP/3 server on port 443, with the same certificate.
serve_quic()
{
	local dir=$LAB_DIR/quic
	mkdir -p "$dir" && make_certificate || return
	echo "this is quic" >"$dir/index.html"
	lab_start server quic gtlsserver -q -d "$dir" '*' 443 \
		"$LAB_DIR/tls.key" "$LAB_DIR/tls.crt"
	until_true 50 lab_listens server udp 443
}

# serve_ssh PORT...: root may log in with $LAB_DIR/ssh.key.
serve_ssh()
{
	local port dir=$LAB_DIR/sshd
	mkdir -p "$dir"
	ssh-keygen -q -t ed25519 -N '' -f "$dir/host" </dev/null &&
		ssh-keygen -q -t ed25519 -N '' -f "$LAB_DIR/ssh.key" \
			</dev/null || return
	cp "$LAB_DIR/ssh.key.pub" "$dir/authorized"
	sed 's/^root:[^:]*:/root:*:/' /etc/shadow >"$dir/shadow"
	{
		for port; do echo "Port $port"; done
		echo "HostKey $dir/host"
		echo "PidFile none"
		echo "AuthorizedKeysFile $dir/authorized"
		echo "StrictModes no"
		echo "PermitRootLogin prohibit-password"
		echo "UsePAM no"
		echo "UseDNS no"
	} >"$dir/config"
	# In this mount namespace only: a private /run for the directory that
	# sshd needs, and a root account that is not locked.
	# shellcheck disable=SC2016 # for the inner shell
	lab_start server sshd sh -c '
		mount -t tmpfs none /run && mkdir -m 755 /run/sshd &&
		mount --bind "$1/shadow" /etc/shadow &&
		exec "$2" -D -e -f "$1/config"' \
		sh "$dir" "$(command -v sshd)"
	until_true 50 lab_listens server tcp "$1"
}

# serve_smtp PORT...: an SMTP server that discards every mail.
serve_smtp()
{
	cat >"$LAB_DIR/smtp.py" <<-'PYTHON'
	import sys
	import time
	from aiosmtpd.controller import Controller
	from aiosmtpd.handlers import Sink

	controllers = [Controller(Sink(), hostname="", port=int(port),
	                          server_hostname="mx.example.org")
	               for port in sys.argv[1:]]
	for controller in controllers:
	    controller.start()
	while True:
	    time.sleep(60)
	PYTHON
	lab_start server smtp /usr/bin/python3 "$LAB_DIR/smtp.py" "$@"
	until_true 50 lab_listens server tcp "$1"
}

# serve_dns VIDEO4 VIDEO6: a DNS server for the names above.
serve_dns()
{
	lab_start server dns "$(command -v dnsmasq)" --keep-in-foreground \
		--no-resolv --no-hosts --user=root --pid-file= \
		--bind-dynamic --conf-file=/dev/null \
		--address="/$NAME_PLAIN/$SERVER4" \
		--address="/$NAME_PLAIN/$SERVER6" \
		--address="/$NAME_VIDEO/$1" --address="/$NAME_VIDEO/$2"
	until_true 50 lab_listens server udp 53
}

# ---- the clients ----

# fetch WHERE ADDRESS URL [OPTIONS OF curl]: without a DNS query
fetch()
{
	local where=$1 address=$2 url=$3 host port
	shift 3
	case $address in *:*) address="[$address]" ;; esac
	host=${url#*://}
	host=${host%%/*}
	case $url in https:*) port=443 ;; *) port=80 ;; esac
	case $host in *:*) port=${host##*:}; host=${host%:*} ;; esac
	in_ns "$where" curl -sS -q --noproxy '*' \
		--max-time "$((5 * LAB_SLOW))" \
		--cacert "$LAB_DIR/tls.crt" \
		--resolve "$host:$port:$address" "$@" "$url"
}

# send_mail WHERE ADDRESS PORT [OPTIONS OF curl]
send_mail()
{
	local where=$1 address=$2 port=$3
	shift 3
	case $address in *:*) address="[$address]" ;; esac
	printf 'From: a@example.net\r\nSubject: lab\r\n\r\nHello.\r\n' \
		>"$LAB_DIR/mail"
	in_ns "$where" curl -sS -q --noproxy '*' \
		--max-time "$((5 * LAB_SLOW))" \
		--mail-from a@example.net --mail-rcpt b@example.org \
		-T "$LAB_DIR/mail" "$@" "smtp://$address:$port/client"
}

# log_in WHERE ADDRESS PORT COMMAND...
log_in()
{
	local where=$1 address=$2 port=$3
	shift 3
	in_ns "$where" ssh -F none -i "$LAB_DIR/ssh.key" -p "$port" \
		-o IdentitiesOnly=yes -o BatchMode=yes \
		-o ConnectTimeout="$((5 * LAB_SLOW))" \
		-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o LogLevel=ERROR "root@$address" "$@"
}
