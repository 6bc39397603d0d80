"""The whole bot on loopback, in quick time: what ``notifier demo`` shows.

    story -> stage    what happens, and the simulated contact center, Slack and mail server
    mrkdwn -> channel, inbox -> page -> site    what people see, as a page
    terminal          the same, line by line

The bot itself is the one of ``notifier run``: nothing here decides, renders or delivers.
"""
