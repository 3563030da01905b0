"""What was shown when: samples of what the live panes show, in bounded chapters."""
