"""The page on which finance decides, read: everything that a statement rests on, as finished values. Nothing is written here.

`page.review_of` gives the whole. However many facts a period has, it takes the same number of queries.
"""
