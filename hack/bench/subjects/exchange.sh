# What a controller that costs nothing would reach: a client makes all calls of an issuance that the
# API server sees, the user's own and three watches among them, and nothing else.
# shellcheck shell=bash disable=SC1091,SC2034,SC2154

. "$here/subjects/limit.sh"
subject_title="all calls of an issuance, by a bare client"
subject_workloads=(exchange)
