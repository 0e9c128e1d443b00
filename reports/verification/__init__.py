"""Is a file ours, whole and right? Three answers to one question, which rest on different things:

register    on our database: any byte that is not ours is seen, but only we can ask
signature   on a pinned certificate: whoever holds it can ask, of signed files
figures     on the rules alone: whoever has the document in the file and Python can ask

`levels.py` puts them into words. A file is read in a process of its own (`examining.py`), because nobody knows what is in it.
"""
