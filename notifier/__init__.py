"""Polls wolkvox, notices what changed, and tells people about it once.

    poll -> decode -> snapshot -> diff -> evaluate -> lifecycle -> explain-away
         -> route -> notice -> group -> render -> outbox -> deliver

``core`` decides and touches nothing; every other folder touches one thing outside the
process and is named for it. ``cycle`` and ``deliver`` join them.
"""
