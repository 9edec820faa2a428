"""make mutants: plants faults in the code one at a time, and says which of them no test sees.

source     C as tokens: code, its functions, its string literals joined
faults     the kinds of fault, each a function from a source to its places
sql        a condition less, in the statements of C and of the migrations
draw       the seeded list: every kind as often, a file's places alike
checkout   a copy of the checkout in which faults are planted and built; the checkout itself is only read
rooms      which tests could see a fault: a table by room
trial      one fault's way: built, the unit tests, the integration tests of its room
"""
