"""The linked career database without names: pathways, destinations, plans and their indicators."""
