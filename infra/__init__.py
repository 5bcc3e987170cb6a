"""How Nối Nghề is deployed, and how its real components run where no container engine does.

`versions` names what is fetched, `keeper` and `processes` start it without leaving orphans, `kafka` and
`postgres` are the two recipes that tests, bench and `make stack-up` share. Services never import this.
"""
