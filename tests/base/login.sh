#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# login.sh IMP ROOT PTY KERNEL: the base system on a disk of its own, and somebody
# at its terminal: logging in, job control, stty, vi, single user, the ways to
# end; once with KERNEL, which checks more. The keys are those of a person: Return
# is \r; what is waited for is nowhere in what was typed.
set -u

imp=$1
root=$2
pty=$3
checked=$4
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

# Passwords, by openssl passwd -6: "right horse".
# shellcheck disable=SC2016 # a hash
hash='$6$impimpimp$tBGIL9bocHTjlQiqVUdqAh9tqunIWoB1C51SOz9qY.ohJ.3nV37LHFPj8R3SVIXIZfFCEfFvModiEZDi/3cuX/'

# session NAME IMP-BOOT-ARGUMENT...: what is done comes from standard input; the
# file system must be as it should in the end.
session() {
	name=$1
	shift
	if timeout -k 5 600 "$pty" "$imp" boot -m 128m "$@" >"$tmp/out" 2>&1 &&
	    "$imp" image fsck -n "$tmp/disk.raw" >>"$tmp/out" 2>&1; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		sed 's/^/    /' "$tmp/out"
		failed=1
	fi
}

"$imp" image create -o "$tmp/disk.raw" -s 64m "$root" || exit 1

cat >"$tmp/keys" <<\END
see FreeBSD/amd64 (imp) (ttyu0)
see login: 
type \r
see login: 
type root\r
see Welcome
see # 
type sh -c 'echo ru""ns; exec sleep 1000'\r
see runs
type \003
see # 
type echo $?\r
see 130
see # 
type sh -c 'echo ru""ns; exec sleep 1000'\r
see runs
type \032
see Suspended
see # 
type jobs\r
see Suspended
see # 
type bg; echo d""one\r
see done
see # 
type fg\r
see exec sleep 1000
type \003
see # 
type rm -f /root/file; vi /root/file\r
see \033[
type ihello there
see hello there
type \033
see \033[
type :wq\r
see # 
type cat /root/file; stty -echo; echo d""one\r
see hello there
see done
see # 
type stty columns 100 rows 30; stty size; stty | grep -c -e -echo\r
see 30 100\r\n1\r
see # 
type man kenv\r
see environment
see # 
type stty sane; ps -o stat,command\r
see s   -sh
see R+   ps -o
type id; tty; who""ami\r
see uid=0(root) gid=0(wheel) groups=0(wheel),5(operator)
see /dev/ttyu0
see root
type mount\r
see /dev/vtbd0p4 on / (ufs, soft-updates, local)
type sysctl -n kern.hostname; exit\r
see imp
see FreeBSD/amd64 (imp) (ttyu0)
see login: 
type root\r
see # 
type cat file; shutdown -p now\r
see hello there
see The system powers off.
end 0
END
for cpus in 1 2 4; do
	session "a session, $cpus CPUs" -c "$cpus" "$tmp/disk.raw" <"$tmp/keys"
done
session "a session, with the checks of locks and memory" -c 2 -k "$checked" \
    "$tmp/disk.raw" <"$tmp/keys"

# QEMU's plain command line, which lets the machine restart.
cp "$tmp/disk.raw" "$tmp/copy.raw"
if timeout -k 5 600 "$pty" tools/microvm.sh build/sys/MICROVM/kernel \
    "$tmp/copy.raw" >"$tmp/out" 2>&1 <<\END; then
see login: 
type root\r
see # 
type mount; sysctl hw.ncpu; reboot\r
see /dev/vtbd0p4 on / (ufs, soft-updates, local)
see hw.ncpu: 4
see The system restarts.
see login: 
END
	echo "ok - the plain command line"
else
	echo "not ok - the plain command line"
	sed 's/^/    /' "$tmp/out"
	failed=1
fi

session "single user, and on" -c 1 -a -s "$tmp/disk.raw" <<\END
see RETURN for /bin/sh: 
type \r
see # 
type mount; touch /x\r
see on / (ufs, read-only
see Read-only
see # 
type exit\r
see login: 
type root\r
see # 
type touch /x && shut""down now\r
see RETURN for /bin/sh: 
type \r
see # 
type ps -axo command | grep -c gett[y]; rm /x\r
see 0\r
see # 
type exit\r
see login: 
type root\r
see # 
type reboot\r
see The system restarts.
end 0
END

session "halt; what runs ends in order" -c 2 "$tmp/disk.raw" <<\END
see login: 
type root\r
see # 
type mkdir -p /usr/local/etc/rc.d; cd /usr/local/etc/rc.d\r
see # 
type (echo '#!/bin/sh'; echo 'echo "service: $1"') >service; chmod 755 service; ls\r
see service\r
type sleep 1000 & nohup sleep 2000 >/dev/null & sleep 0; halt\r
see service: stop
see The operating system has halted.
end 0
END

session "changing passwords" -c 2 "$tmp/disk.raw" <<\END
see login: 
type root\r
see # 
type echo 'pat::1001:20::0:0:Pat:/tmp:/bin/sh' >>/etc/master.passwd; pwd_mkdb; id pat\r
see uid=1001
type passwd pat\r
see New Password:
type abc def\r
see Retype New Password:
type abc def\r
see # 
type exit\r
see login: 
type pat\r
see Password:
type abc def\r
see $ 
type passwd\r
see Old Password:
type abc def\r
see New Password:
type x\r
see Retype
type y\r
see not the same
type passwd\r
see Old Password:
type abc def\r
see New Password:
type x\r
see Retype
type x\r
see $ 
type passwd root; ls -l /etc/*passwd*; login pat\r
see permission denied
see Password:
type abc def\r
see incorrect
see login: 
type pat\r
see Password:
type x\r
see $ 
type exit\r
see $ 
type exit\r
see login: 
type root\r
see # 
type ls /etc/*.new; head -n 1 /etc/master.passwd; poweroff\r
see No such file
see root::0:0:
see The system powers off.
end 0
END

session "rc fails" -c 1 "$tmp/disk.raw" <<\END
see service: start
see login: 
type root\r
see # 
type rm -r /usr/local; echo exit 3 >/etc/rc.local; echo 'exit 3' >>/etc/rc.conf; poweroff\r
see The system powers off.
end 0
END
session "rc failed" -c 1 "$tmp/disk.raw" <<\END
see init: /etc/rc ended with status 3
see RETURN for /bin/sh: 
type \r
see # 
type reboot -q\r
see The system restarts.
end 0
END

# A root with a password, a user, and one whose password nobody knows.
rm -rf "$tmp/root"
cp -a "$root" "$tmp/root"
mkdir -p "$tmp/root/home/pat"
# User 1001 owns nothing here: the home folder is open to all.
chmod 777 "$tmp/root/home/pat"
etc=$tmp/root/etc
sed -i "s|^root::|root:$hash:|" "$etc/master.passwd"
cat >>"$etc/master.passwd" <<END
pat:$hash:1001:20::0:0:Pat:/home/pat:/bin/sh
old:$hash:1002:20::0:1:Old:/home/pat:/bin/sh
open::1003:20::0:0:Open:/home/pat:/bin/sh
END
awk -F: -v OFS=: '{ print $1, "*", $3, $4, $8, $9, $10 }' \
    "$etc/master.passwd" >"$etc/passwd"
"$imp" image create -o "$tmp/disk.raw" -s 64m "$tmp/root" || exit 1

session "passwords" -c 2 "$tmp/disk.raw" <<\END
see login: 
type \003\034root\r
see Password:
type \003\034wrong\r
see Login incorrect
see login: 
type nobody-there\r
see Password:
type right horse\r
see Login incorrect
see login: 
type root\r
see Password:
type right horse\r
see Welcome
see # 
type exit\r
see login: 
type daemon\r
see Password:
type *\r
see Login incorrect
see login: 
type old\r
see Password:
type right horse\r
see your account has expired
see login: 
type pat\r
see Password:
type right horse\r
see $ 
type id -un; cat /etc/master.passwd; ls -l /dev/ttyu0; pwd\r
see pat
see Permission denied
see pat tty
see /home/pat
type login -f root\r
see Password:
type wrong\r
see Login incorrect
see login: 
type pat\r
see Password:
type right horse\r
see $ 
type shutdown -p now; reboot; dmesg >/dev/null && echo d""one\r
see only root
see only root
see done
type exit\r
see $ 
type exit\r
see login: 
type open\r
see $ 
type exit\r
see login: 
type root\r
see Password:
type right horse\r
see # 
type nohup sh -c 'until [ -e /tmp/end ]; do sleep 0.1; done; poweroff' >/dev/null 2>&1 &\r
see # 
type sed -i 's/ secure/ insecure/' /etc/ttys; sync; kill -HUP 1; exit\r
see login: 
type open\r
see Password:
type \r
see Login incorrect
see login: 
type root\r
see Password:
type right horse\r
see Login incorrect
see login: 
type pat\r
see Password:
type right horse\r
see $ 
type touch /tmp/end\r
see The system powers off.
end 0
END
session "a single user's password" -c 1 -a -s "$tmp/disk.raw" <<\END
see Enter root password
see Password:
type wrong\r
see Password:
type right horse\r
see RETURN for /bin/sh: 
type /bin/none\r
see /bin/none: No such file
see # 
type reboot -q\r
see The system restarts.
end 0
END
exit $failed
