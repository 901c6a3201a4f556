"""`make bench`: what this repository's way costs, as ratios to stock cdk8s in Python and in Node, in one run.

`synthetic` and `cases` say what is measured and what is asked of it; `programs` and `typed` write the programs that are
compared, `baseline` fetches what the stock one needs, `same` proves that they render the same objects; `processes`
and `rounds` measure; `report` prints.
"""
