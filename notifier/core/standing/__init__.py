"""How things stand, as the page, the API and the commands show them."""
