"""The shape of the house: who may import whom, who hears what, who may call what."""
