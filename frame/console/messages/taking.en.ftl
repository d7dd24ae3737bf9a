taking-title = Taking out a file
taking-needs = A permit for an export is needed
taking-needs-text = Lists of people and the ledger are taken out as files only on an export permit in force.
taking-apply = Apply for an export
taking-safe = Nothing was taken out. Come back here once the permit is in force.
taking-back = Back to the list
