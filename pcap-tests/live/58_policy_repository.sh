#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 58_policy_repository.sh - The hook for a git repository of policies refuses
# broken policies, failing tests and unsigned tags, and prints what a push
# changes.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
[ -x "$WAYMARK" ] || skip_all "no $WAYMARK"
for program in git ssh-keygen; do
	command -v $program >/dev/null || skip_all "needs $program"
done
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-lab.XXXXXX") || exit 1
trap 'rm -rf "$LAB_DIR"' EXIT
cd "$LAB_DIR" || exit 1
export WAYMARK HOME=$LAB_DIR GIT_CONFIG_NOSYSTEM=1

git config --global init.defaultBranch main
git config --global user.name admin
git config --global user.email admin@example.org
ssh-keygen -q -t ed25519 -N '' -f key
echo "admin@example.org $(cat key.pub)" >signers
git config --global gpg.format ssh
git config --global user.signingkey "$LAB_DIR/key.pub"
git config --global gpg.ssh.allowedSignersFile "$LAB_DIR/signers"

git init -q --bare policies.git
cp "$LAB_TOP/tools/git/pre-receive" policies.git/hooks/
git clone -q policies.git work 2>/dev/null
cd work || exit 1
git checkout -q -b main 2>/dev/null

write_policy()
{
	cat >router.policy <<-END
	uplink fast  { dev eth1 via 203.0.113.1 }
	uplink cheap { dev eth2 via 203.0.113.17 }
	route $1 via cheap
	default via fast
	expect tcp 192.0.2.9 > 198.51.100.7:25 via cheap
	END
}
# push: commit everything and push; its output is printed.
push()
{
	git add -A && git commit -qm "a change" && git push origin main 2>&1
}
# refused NAME: the push was, so the commit is taken back.
refused()
{
	is "$1: exit status" "$status" 1
	git reset -q --hard HEAD^
	is "$1: main is as it was" "$(git -C ../policies.git rev-parse main)" \
		"$(git rev-parse main)"
}

write_policy "tcp dport 25"
mkdir corpus tests
cp "$LAB_TOP/pcap-tests/cases/smtp/input.pcap" corpus/mail.pcap
cp -r "$LAB_TOP/pcap-tests/cases/smtp" tests/
output=$(push)
is "a valid policy: exit status" $? 0

write_policy "tcp dport { 25, 993 }"
output=$(push)
is "a change: exit status" $? 0
like "it is printed" "$output" 'tcp dport 993.*:'
like "with both outcomes" "$output" 'via fast -> via cheap'

write_policy "tcp dport { 25, 993"
output=$(push)
status=$?
like "a broken policy is refused with its place" "$output" \
	'router.policy:3:[0-9]+: error:'
refused "a broken policy"

write_policy "tcp dport 993"
output=$(push)
status=$?
like "so is an expectation that does not hold" "$output" 'does not hold|expect'
refused "an expectation"

sed -i 's/ app smtp / app ssh /' tests/smtp/expect.txt
output=$(push)
status=$?
like "so is a test that fails" "$output" 'not ok'
refused "a test"

write_policy "app smtp"
sed -i 's/ via cheap$/ app smtp via cheap/' router.policy
sed -i 's/route app smtp app smtp/route app smtp/' router.policy
output=$(push)
like "the flows of captures that change" "$output" '[0-9]+ of [0-9]+ flows? change'

git tag -am "not signed" v1
output=$(git push origin v1 2>&1)
is "an unsigned tag is refused: exit status" $? 1
like "and why" "$output" 'sign it with git tag -s'
git tag -sm "signed" v2
ok "a signed one is taken" git push origin v2
ok "a branch may be deleted" eval 'git push -q origin main:old 2>/dev/null &&
	git push -q origin :old'
done_testing
