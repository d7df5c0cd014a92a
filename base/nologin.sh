#!/bin/sh
# The shell of accounts that are nobody's.
echo "This account is currently not available."
exit 1
