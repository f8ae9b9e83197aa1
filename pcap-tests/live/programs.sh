#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# programs.sh - Record the captures of the cases app-*: how the hints classify
# real programs, on other than the well-known ports where possible.
#
#	pcap-tests/live/programs.sh [NAME...]
#
# Each case needs its program; a missing one is reported and its case left out.
# Run `make bless` afterwards and inspect the diff.
. "$(dirname "$0")/lib.sh"
. "$LAB_TOP/pcap-tests/live/services.sh"
lab_bound 400 "$0" "$@"
LAB_SLOW=1	# some limits end a program that would go on: keep captures short

# Exclude neighbour discovery.
quiet="ip or (ip6 and not (icmp6 and ip6[40] >= 130) and ip6[6] != 0)"

# need PROGRAM...
need()
{
	local program
	for program; do
		command -v "$program" >/dev/null && continue
		echo "programs: no $program here" >&2
		return 1
	done
}

# begin NAME CONDITION TEXT: start the case app-NAME, write its policy and README
begin()
{
	local dir=$LAB_TOP/pcap-tests/cases/app-$1
	mkdir -p "$dir"
	cat >"$dir/case.policy" <<-END
	uplink fibre { dev up1 via 203.0.113.17 via 2001:db8:f1::1 }
	uplink cheap { dev up2 via 203.0.113.33 via 2001:db8:f2::1 }
	class it = $2
	route it  via cheap
	default   via fibre
	END
	printf '%s\n\nRecorded by: pcap-tests/live/programs.sh %s\n' "$3" "$1" \
		>"$dir/README"
	CAPTURE=$dir/input.pcap
	lab_start router "tcpdump-$1" tcpdump -i lan0 -n -U -s 0 -Z root \
		--immediate-mode -w "$CAPTURE" "$quiet"
	TCPDUMP=$LAB_PID
	until_true 50 grep -q listening "$LAB_DIR/tcpdump-$1.log"
}

# serve NAME COMMAND...: start a server, which runs until end.
serve()
{
	lab_start server "$@"
	SERVERS="${SERVERS-} $LAB_PID"
}

end()
{
	local pid
	sleep 0.5
	kill -INT "$TCPDUMP"
	until_true 20 lab_gone "$TCPDUMP"
	for pid in ${SERVERS-}; do
		kill "$pid" 2>/dev/null
		until_true 20 lab_gone "$pid" || kill -9 "$pid"
	done
	SERVERS=
	printf '%-40s %s frames, %s bytes\n' "${CAPTURE%/input.pcap}" \
		"$(tcpdump -n -r "$CAPTURE" 2>/dev/null | wc -l)" \
		"$(stat -c %s "$CAPTURE")"
}

# A directory for a program's files, removed with the lab.
program_dir() { mkdir -p "$LAB_DIR/$1" && echo "$LAB_DIR/$1"; }

record_openssl()
{
	serve s_server openssl s_server -accept 8443 -quiet \
		-cert "$LAB_DIR/tls.crt" -key "$LAB_DIR/tls.key" -alpn h2
	until_true 50 lab_listens server tcp 8443
	begin openssl "host $NAME_MEETING" \
		"openssl s_client: TLS 1.2 and 1.3 with a server name, and one flow without."
	in_client openssl s_client -connect $SERVER4:8443 -alpn h2 \
		-servername $NAME_MEETING -tls1_3 </dev/null
	in_client openssl s_client -connect $SERVER4:8443 -alpn h2 \
		-servername $NAME_MEETING -tls1_2 </dev/null
	in_client openssl s_client -connect $SERVER4:8443 -noservername \
		</dev/null
	end
}

record_starttls()
{
	local port=7001 protocol
	serve starttls python3 "$LAB_TOP/pcap-tests/live/starttls.py" \
		"$LAB_DIR/tls.crt" "$LAB_DIR/tls.key"
	until_true 50 lab_listens server tcp 7010
	begin starttls "host $NAME_MEETING" \
		"openssl s_client starts TLS in ten protocols, on ports 7001 to 7010. The
server is starttls.py; the ClientHello contains the host name."
	for protocol in smtp imap pop3 ftp nntp sieve irc mysql postgres ldap; do
		in_client openssl s_client -connect $SERVER4:$port \
			-starttls $protocol -servername $NAME_MEETING </dev/null
		port=$((port + 1))
	done
	end
}

record_dtls()
{
	serve dtls openssl s_server -dtls -accept $SERVER4:8444 -quiet \
		-cert "$LAB_DIR/tls.crt" -key "$LAB_DIR/tls.key"
	sleep 1
	begin dtls "app dtls and host $NAME_MEETING" \
		"openssl s_client over DTLS 1.2, with a server name."
	sleep 1 | in_client openssl s_client -dtls -connect $SERVER4:8444 \
		-servername $NAME_MEETING
	end
}

record_chromium()
{
	local dir
	need chromium || return
	dir=$(program_dir chromium)
	serve silence socat -u UDP-RECV:8445 /dev/null
	begin chromium "host { $NAME_MEETING, $NAME_VIDEO }" \
		"Chromium opens two sites, the second over QUIC without an answer. Its
ClientHello with a post-quantum key share takes several Initial packets."
	LAB_SECONDS=12 in_client chromium --headless --no-sandbox \
		--disable-gpu --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync \
		--ignore-certificate-errors --user-data-dir="$dir" \
		--host-resolver-rules="MAP $NAME_MEETING $SERVER4, MAP * ~NOTFOUND" \
		--dump-dom https://$NAME_MEETING/
	LAB_SECONDS=12 in_client chromium --headless --no-sandbox \
		--disable-gpu --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --enable-quic \
		--ignore-certificate-errors --user-data-dir="$dir" \
		--origin-to-force-quic-on=$NAME_VIDEO:8445 --timeout=4000 \
		--host-resolver-rules="MAP $NAME_VIDEO $SERVER4, MAP * ~NOTFOUND" \
		--dump-dom https://$NAME_VIDEO:8445/
	end
}

record_ngtcp2()
{
	need gtlsserver gtlsclient || return
	serve ngtcp2 gtlsserver -q '*' 8446 "$LAB_DIR/tls.key" \
		"$LAB_DIR/tls.crt"
	sleep 1
	begin ngtcp2 "app quic and host localhost" \
		"ngtcp2's client and server: QUIC version 1 and version 2."
	in_client gtlsclient -q \
		--exit-on-all-streams-close $SERVER4 8446 \
		https://$NAME_MEETING/
	in_client gtlsclient -q \
		--exit-on-all-streams-close \
		--version=v2draft $SERVER4 8446 https://$NAME_MEETING/
	end
}

record_openvpn()
{
	local dir proto
	need openvpn || return
	dir=$(program_dir openvpn)
	openvpn --genkey secret "$dir/static.key"
	for proto in udp4 tcp4; do
		serve "openvpn-$proto" openvpn --dev null \
			--proto "${proto/tcp4/tcp4-server}" \
			--local $SERVER4 --port 4194 \
			--tls-server --dh none --ca "$LAB_DIR/tls.crt" \
			--cert "$LAB_DIR/tls.crt" --key "$LAB_DIR/tls.key"
		serve "openvpn-crypt-$proto" openvpn --dev null \
			--proto "${proto/tcp4/tcp4-server}" \
			--local $SERVER4 --port 4195 \
			--tls-server --dh none --ca "$LAB_DIR/tls.crt" \
			--cert "$LAB_DIR/tls.crt" --key "$LAB_DIR/tls.key" \
			--tls-crypt "$dir/static.key"
	done
	sleep 1
	begin openvpn "app openvpn" \
		"openvpn over UDP and TCP, plain and with tls-crypt, on unusual ports."
	for proto in udp4 tcp4; do
		LAB_SECONDS=3 in_client openvpn --dev null --nobind \
			--proto "${proto/tcp4/tcp4-client}" \
			--remote $SERVER4 4194 --tls-client \
			--ca "$LAB_DIR/tls.crt" --cert "$LAB_DIR/tls.crt" \
			--key "$LAB_DIR/tls.key"
		LAB_SECONDS=3 in_client openvpn --dev null --nobind \
			--proto "${proto/tcp4/tcp4-client}" \
			--remote $SERVER4 4195 --tls-client \
			--ca "$LAB_DIR/tls.crt" --cert "$LAB_DIR/tls.crt" \
			--key "$LAB_DIR/tls.key" \
			--tls-crypt "$dir/static.key"
	done
	end
}

record_wireguard()
{
	local dir where
	need wireguard-go wg || return
	dir=$(program_dir wireguard)
	for where in client server; do
		wg genkey >"$dir/$where"
		wg pubkey <"$dir/$where" >"$dir/$where.pub"
		lab_start "$where" "wireguard-$where" \
			env WG_PROCESS_FOREGROUND=1 wireguard-go -f "wg$where"
		SERVERS="${SERVERS-} $LAB_PID"
		until_true 30 in_ns "$where" ip link show "wg$where"
	done
	begin wireguard "app wireguard" \
		"wireguard-go at both ends and a ping through the tunnel, on port 5182."
	in_server wg set wgserver listen-port 5182 \
		private-key "$dir/server" \
		peer "$(cat "$dir/client.pub")" allowed-ips 192.0.2.202/32
	in_client wg set wgclient private-key "$dir/client" \
		peer "$(cat "$dir/server.pub")" endpoint $SERVER4:5182 \
		allowed-ips 192.0.2.201/32
	in_server ip addr add 192.0.2.201/32 dev wgserver
	in_server ip link set wgserver up
	in_server ip route add 192.0.2.202/32 dev wgserver
	in_client ip addr add 192.0.2.202/32 dev wgclient
	in_client ip link set wgclient up
	in_client ip route add 192.0.2.201/32 dev wgclient
	in_client ping -q -c 4 -i 0.3 192.0.2.201
	end
}

record_mosquitto()
{
	local dir
	need mosquitto mosquitto_pub || return
	dir=$(program_dir mosquitto)
	printf 'listener 5883\nallow_anonymous true\nuser root\n' \
		>"$dir/config"
	serve mosquitto mosquitto -c "$dir/config"
	until_true 50 lab_listens server tcp 5883
	begin mosquitto "app mqtt" \
		"mosquitto_pub, MQTT 3.1.1 and 5, on port 5883."
	in_client mosquitto_pub -h $SERVER4 -p 5883 -t lab -m hello
	in_client mosquitto_pub -h $SERVER4 -p 5883 -V 5 -t lab -m hello
	end
}

record_sipp()
{
	need sipp || return
	(cd "$(program_dir sipp)" && serve sipp sipp -sn uas -p 5070 \
		-i $SERVER4 -nostdin)
	sleep 1
	begin sipp "app sip" "sipp places two calls over UDP, on port 5070."
	LAB_SECONDS=8 in_client sipp -sn uac -m 2 -r 2 -d 200 -nostdin \
		-i $LAN4.9 $SERVER4:5070
	end
}

record_coturn()
{
	local dir
	need turnserver turnutils_stunclient turnutils_uclient || return
	dir=$(program_dir coturn)
	serve turnserver turnserver -n -p 3500 -L $SERVER4 \
		--no-tls --no-dtls --no-cli -a -u lab:secret -r lab \
		--log-file stdout --pidfile "$dir/pid" --userdb "$dir/db" \
		--allow-loopback-peers
	until_true 50 lab_listens server udp 3500
	begin coturn "app stun" \
		"The clients of coturn: a STUN binding and a TURN allocation, UDP and
TCP, on port 3500."
	in_client turnutils_stunclient -p 3500 $SERVER4
	LAB_SECONDS=4 in_client turnutils_uclient -u lab -w secret -p 3500 \
		-n 2 -m 1 -y $SERVER4
	LAB_SECONDS=4 in_client turnutils_uclient -t -u lab -w secret -p 3500 \
		-n 2 -m 1 -y $SERVER4
	end
}

record_chrony()
{
	local dir
	need chronyd || return
	dir=$(program_dir chrony)
	printf 'local stratum 8\nallow all\ncmdport 0\npidfile %s\n' \
		"$dir/pid" >"$dir/config"
	serve chronyd chronyd -x -d -u root -f "$dir/config"
	until_true 50 lab_listens server udp 123
	begin chrony "app ntp" "chronyd synchronizes with another chronyd."
	LAB_SECONDS=9 in_client chronyd -x -Q -t 6 -u root \
		"server $SERVER4 iburst" "pidfile $dir/pid2" 'cmdport 0'
	end
}

record_dhclient()
{
	local dir
	need dhclient dhcpd || return
	dir=$(program_dir dhclient)
	cat >"$dir/config" <<-END
	subnet $LAN4.0 netmask 255.255.255.0 { range $LAN4.50 $LAN4.60; }
	END
	: >"$dir/leases"
	lab_start router dhcpd dhcpd -f -4 -cf "$dir/config" \
		-lf "$dir/leases" -pf "$dir/pid" lan0
	sleep 1
	begin dhclient "app dhcp" \
		"dhclient gets a lease from dhcpd on the router: broadcast, which waymark
does not route."
	LAB_SECONDS=6 in_client dhclient -4 -1 -d -sf /bin/true \
		-lf "$dir/leases2" -pf "$dir/pid2" eth0
	end
}

serve_dovecot()
{
	local dir
	dir=$(program_dir dovecot)
	[ ! -e "$dir/config" ] || return 0
	cat >"$dir/config" <<-END
	protocols = imap pop3
	base_dir = $dir/run
	state_dir = $dir/state
	log_path = $dir/log
	default_login_user = nobody
	default_internal_user = nobody
	default_internal_group = nogroup
	ssl = yes
	ssl_cert = <$LAB_DIR/tls.crt
	ssl_key = <$LAB_DIR/tls.key
	disable_plaintext_auth = no
	mail_location = maildir:$dir/mail
	first_valid_uid = 0
	passdb {
	  driver = static
	  args = password=secret
	}
	userdb {
	  driver = static
	  args = uid=0 gid=0 home=$dir
	}
	service imap-login {
	  chroot =
	  inet_listener imap {
	    port = 1143
	  }
	}
	service pop3-login {
	  chroot =
	  inet_listener pop3 {
	    port = 1110
	  }
	}
	service anvil {
	  chroot =
	}
	END
	serve dovecot dovecot -F -c "$dir/config"
	until_true 50 lab_listens server tcp 1143
}

record_dovecot()
{
	need dovecot || return
	serve_dovecot
	begin dovecot "app mail" \
		"curl reads mail from dovecot over IMAP and POP3, then IMAP with STARTTLS, whose
ClientHello contains the server name; on unusual ports."
	in_client curl -sS --max-time 5 -u lab:secret imap://$SERVER4:1143/
	in_client curl -sS --max-time 5 -u lab:secret pop3://$SERVER4:1110/
	sleep 1 | in_client openssl s_client -connect $SERVER4:1143 \
		-starttls imap -servername $NAME_PLAIN
	end
}

record_vsftpd()
{
	local dir
	need vsftpd || return
	dir=$(program_dir vsftpd)
	mkdir -p "$dir/files" "$dir/empty"
	chmod 755 "$dir" "$dir/files"
	echo hello >"$dir/files/hello"
	cat >"$dir/config" <<-END
	listen=YES
	listen_port=2121
	background=NO
	anonymous_enable=YES
	local_enable=NO
	anon_root=$dir/files
	secure_chroot_dir=$dir/empty
	seccomp_sandbox=NO
	ftp_username=nobody
	END
	serve vsftpd vsftpd "$dir/config"
	until_true 50 lab_listens server tcp 2121
	begin vsftpd "app ftp" "curl fetches a file from vsftpd, on port 2121."
	in_client curl -sS --max-time 5 ftp://$SERVER4:2121/hello
	end
}

record_samba()
{
	local dir
	need smbd smbclient || return
	dir=$(program_dir samba)
	mkdir -p "$dir/share"
	cat >"$dir/config" <<-END
	[global]
	private dir = $dir
	lock directory = $dir
	state directory = $dir
	cache directory = $dir
	pid directory = $dir
	ncalrpc dir = $dir
	log file = $dir/log
	smb ports = 4450
	map to guest = Bad User
	[lab]
	path = $dir/share
	guest ok = yes
	END
	serve smbd setsid smbd -F --no-process-group -s "$dir/config"
	until_true 50 lab_listens server tcp 4450
	begin samba "app smb" "smbclient lists a share of smbd, on port 4450."
	in_client smbclient -N -p 4450 -s "$dir/config" //$SERVER4/lab -c ls
	end
}

record_postgresql()
{
	local dir bin
	bin=$(echo /usr/lib/postgresql/*/bin)
	[ -x "$bin/initdb" ] || { echo "programs: no initdb" >&2; return; }
	dir=$(program_dir postgresql)
	chmod 755 "$LAB_DIR"
	chown postgres "$dir"
	setpriv --reuid postgres --clear-groups "$bin/initdb" -D "$dir/data" \
		-A trust >/dev/null
	echo "host all all 0.0.0.0/0 trust" >>"$dir/data/pg_hba.conf"
	serve postgres setpriv --reuid postgres --clear-groups \
		"$bin/postgres" -D "$dir/data" -p 5440 -h 0.0.0.0 -k "$dir"
	until_true 50 lab_listens server tcp 5440
	begin postgresql "app postgresql" \
		"psql sends one query, on port 5440."
	in_client psql -h $SERVER4 -p 5440 -U postgres -c 'select 1'
	end
}

record_redis()
{
	local dir
	need redis-server redis-cli || return
	dir=$(program_dir redis)
	serve redis redis-server --port 6400 --bind 0.0.0.0 \
		--protected-mode no --save '' --dir "$dir"
	until_true 50 lab_listens server tcp 6400
	begin redis "app redis" "redis-cli sets and gets a key, on port 6400."
	in_client redis-cli -h $SERVER4 -p 6400 set lab hello
	in_client redis-cli -h $SERVER4 -p 6400 get lab
	end
}

record_xrdp()
{
	local dir
	need xrdp xfreerdp xvfb-run || return
	dir=$(program_dir xrdp)
	sed "s|^port=.*|port=3400|; s|^certificate=.*|certificate=$LAB_DIR/tls.crt|
		s|^key_file=.*|key_file=$LAB_DIR/tls.key|" /etc/xrdp/xrdp.ini \
		>"$dir/xrdp.ini"
	serve xrdp xrdp -n -c "$dir/xrdp.ini"
	until_true 50 lab_listens server tcp 3400
	begin xrdp "app rdp" "xfreerdp connects to xrdp, on port 3400."
	HOME=$dir LAB_SECONDS=6 in_client xvfb-run -a xfreerdp \
		/v:$SERVER4:3400 /cert:ignore /u:lab /p:lab +auth-only
	end
}

record_snmpd()
{
	local dir
	need snmpd snmpget || return
	dir=$(program_dir snmpd)
	echo 'rocommunity public' >"$dir/config"
	serve snmpd snmpd -f -C -c "$dir/config" -Lo \
		-p "$dir/pid" udp:1161
	until_true 50 lab_listens server udp 1161
	begin snmpd "app snmp" "snmpget, versions 1 and 2c, on port 1161."
	in_client snmpget -v1 -c public $SERVER4:1161 1.3.6.1.2.1.1.3.0
	in_client snmpget -v2c -c public $SERVER4:1161 1.3.6.1.2.1.1.3.0
	end
}

record_tftp()
{
	local dir
	need in.tftpd tftp || return
	dir=$(program_dir tftp)
	echo hello >"$dir/hello"
	chmod -R a+rX "$LAB_DIR" "$dir"
	serve tftpd in.tftpd -L -4 -a $SERVER4:69 -u root -s "$dir"
	until_true 50 lab_listens server udp 69
	begin tftp "app tftp" \
		"tftp fetches a file. The server replies from another port, so the data is a
separate flow."
	(cd "$dir" && in_client tftp -4 $SERVER4 -c get hello)
	end
}

why=$(lab_missing) || { echo "programs: $why" >&2; exit 1; }
lab_new 2 own-prefix
serve_web || { echo "programs: nginx did not start" >&2; exit 1; }

# shellcheck disable=SC2046 # a list of names
[ $# -gt 0 ] || set -- $(compgen -A function record_ | sed 's/record_//')
for name; do
	"record_$name" >"$LAB_DIR/$name.out" 2>&1 || true
	grep -h 'pcap-tests/cases\|^programs:' "$LAB_DIR/$name.out"
	[ -z "${KEEP_LOGS-}" ] || cp "$LAB_DIR"/*.log "$LAB_DIR"/*.out \
		"$KEEP_LOGS"
done
