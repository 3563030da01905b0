"""`python -m liandong.cli`: the command line without the installed script."""

from liandong.cli import main

main()
