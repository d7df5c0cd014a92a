#!/bin/sh
# man [section] name: shows a manual page, formatted when the image was made.
section=
case $1 in
[1-9])
	section=$1
	shift
	;;
esac
if [ $# != 1 ]; then
	echo "usage: man [section] name" >&2
	exit 1
fi
for page in /usr/share/man/cat"$section"*/"$1".*; do
	if [ -f "$page" ]; then
		exec more "$page"
	fi
done
echo "man: no page for $1" >&2
exit 1
