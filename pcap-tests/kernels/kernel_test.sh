# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# kernel_test.sh - Run tests in a guest with a kernel of Debian and print their
# results as one TAP. Sourced by SUITE.sh, whose name is the suite.
#
# KERNEL_TESTS: the tests, from the top of the tree. ALL=1 adds all live tests.
# KERNEL_STORE: where kernels are kept (default: $BUILD/kernels, 200 MB each).
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
suite=$(basename "$0" .sh)
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
store=${KERNEL_STORE:-$build/kernels}
kernel=$store/$suite
out=$store/results-$suite
tests=${KERNEL_TESTS:-pcap-tests/kernels/smoke.sh}
[ -z "${ALL-}" ] ||
	tests="$tests $(cd "$top" && echo pcap-tests/live/[0-9]*.sh)"

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

for command in qemu-system-x86_64 busybox cpio depmod apt-get; do
	command -v $command >/dev/null || skip_all "no $command"
done
[ -x "$build/waymark" ] || skip_all "no $build/waymark"
mkdir -p "$kernel"
[ -s "$kernel/version" ] || "$here/kernel.sh" "$kernel" "$suite" \
	>"$kernel/log" 2>&1 || {
	sed 's/^/# /' "$kernel/log"
	skip_all "the kernel of $suite cannot be fetched: $(tail -n 1 \
		"$kernel/log")"
}

# In the guest: each test's TAP is /out/NAME.tap.
# shellcheck disable=SC2016 # for the guest
in_guest='cd "$top" || exit 2
for program in $tests; do
	name=$(basename $program .sh)
	timeout -k 30 "$seconds" $program >/out/$name.tap 2>/out/$name.err \
		</dev/null
	echo "exit status $?" >>/out/$name.err
done'
rm -rf "$out"
mkdir -p "$out"
"$here/boot.sh" -o "$out" -t "${KERNEL_SECONDS:-$((500 + ${ALL:+20000} + 0))}" \
	"$kernel" "top='$top' tests='$tests' seconds=${CHECK_SECONDS:-900}
export BUILD='$build' LAB_SLOW=${LAB_SLOW:-6}
$in_guest" >"$out/boot.log" 2>&1
booted=$?
echo "# $suite: kernel $(cat "$out/kernel" 2>/dev/null || cat "$kernel/version")"

# Join the TAPs: continue the numbers, prefix the names with the test's. A test
# without a plan has ended too early.
number=0
for program in $tests; do
	name=$(basename "$program" .sh)
	tap=$out/$name.tap
	if grep -q '^1\.\.0 # SKIP' "$tap" 2>/dev/null; then
		number=$((number + 1))
		echo "ok $number - $name # SKIP$(sed 's/.*SKIP//' "$tap")"
		continue
	fi
	while IFS= read -r line; do
		case $line in
		ok\ *|not\ ok\ *)
			number=$((number + 1))
			echo "${line%%ok *}ok $number - $name: ${line#* - }" ;;
		\#*) echo "$line" ;;
		esac
	done < <(cat "$tap" 2>/dev/null)
	grep -qs '^1\.\.' "$tap" || {
		number=$((number + 1))
		echo "not ok $number - $name: it ran to its end"
		tail -n 20 "$out/$name.err" "$out/boot.log" "$out/console" \
			2>/dev/null | sed 's/^/# /'
	}
done
echo "1..$number"
[ $booted = 0 ]
