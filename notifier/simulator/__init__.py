"""A contact center, a Slack and a mail server on loopback, for the demo and the tests.

    roster, script -> floor, calls, network -> center    pure: one seed and time, one answer
    center -> wolkvox    slack    mail                   real servers on 127.0.0.1

They know nothing of the bot and import nothing of it: what they do is what the documents of the
real services say, so that the bot meets a stranger.
"""
