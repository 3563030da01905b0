"""`python -m hub.cli`: the command line without the installed script."""

from hub.cli import main

main()
