"""List the endpoints of wolkvox that may be read, as data. Adding one is adding an entry.

Field names, aliases and limits are the vendor's; what is not declared is never decoded. Which
families and names only read is said in ``core/payload/readonly``; it holds for these and for
those of a rules file.
"""

from __future__ import annotations

from notifier.core.payload.endpoint import Catalogue
from notifier.wolkvox.endpoints import agents, calls, information, network, real_time, skills

_MODULES = (network, real_time, information, agents, skills, calls)

CATALOGUE: Catalogue = {entry.name: entry for each in _MODULES for entry in each.ENTRIES}
