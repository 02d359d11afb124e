"""Edit history: a change to a text, program, plan or answer that the writer has just made."""

from understudy.curate.signals.findings import Kind
from understudy.curate.signals.rule import Rule, Table

EDIT = Table(
    Kind.EDIT,
    (
        Rule(
            "own",
            0.9,
            "{ihave} ~ {changed}",
            "I replaced the gauge with a trend.",
            "The fitter replaced the gauge.",
            unless="(i|we) ~ (made|make|moved|turned|set|cut|took|introduced|added) ~ (mistake|error|slip|assumption|sure|up my mind|on|out|in|note|up|off|down the road)|(i'd|we'd) ~ ({changed}) if|made ~ (mistake|error|slip|assumption|sure)|(can|will|could|should|must|may|might|to|i'll|we'll|let me|let's|i|we) ~ (set|cut|split|put|raised (a|an|the) (question|exception|error))",
        ),
        Rule(
            "bare",
            0.85,
            "^ (changed|replaced|renamed|updated|rewrote|removed|deleted|added|moved|shortened|cut|fixed|refactored|extracted|split|merged|swapped|reordered|rephrased|reworded|corrected|revised|adjusted|tweaked|inserted|dropped|trimmed|converted|bumped|reverted|restructured|simplified|tightened|polished|edited|amended|modified|struck|patched|wrapped|introduced|expanded|condensed|reformatted|inlined|took out|put in|raised|lowered|switched|reworked|cleaned up|tidied|stripped|made|undid|turned|hoisted|migrated|ported|annotated|appended|commented out|softened|lengthened|shifted|pulled) (~|the|a|an|all|two|three|from|#|both|every|one|it|this|that|my|out|some)",
            "Renamed the helper in all callers.",
            "The renamed helper works.",
            unless="{be} ~ (wrong|broken|missing)|made (in|of|by|for|from)",
        ),
        Rule(
            "gerund",
            0.65,
            "^ (changing|replacing|renaming|updating|rewriting|removing|deleting|shortening|refactoring|extracting|swapping|reordering|rephrasing|rewording|revising|inserting|trimming|converting|reverting|restructuring|tightening|editing|amending|inlining) (~|the|a|an|all|two|from|#|it|this|that|my)",
            "Replacing the loop with a comprehension.",
            "Replacing parts costs money.",
            unless="{would}|will|is|are|was|takes|costs|could|may|can|makes|should|means|helps|won't|does|requires|needs|lets|gives",
        ),
        Rule(
            "version",
            0.9,
            "(draft|version|revision|iteration|v1|v2|v3|v4|new version|second version|final version|new draft|this version|this draft|latest version|rewrite) ~ (now|adds|has|changes|fixes|drops|removes|replaces|moves|no longer|includes|uses|splits|shortens|contains|cuts|swaps)",
            "Draft 2 now has the cost per area.",
            "Version 2 is old.",
            unless="(python|java|node|api|firmware|software|os|windows) version",
        ),
        Rule(
            "passive",
            0.7,
            "(has been|have been|has now been|have now been|is now|are now|was then|now has been|have all been|has since been|got|was ~ by me|were ~ by me) ~ {changed}",
            "The unused import has been dropped.",
            "The vote was taken.",
            unless="valve|pump|filter|seal|bearing|oil|by (the|a) ~ (technician|fitter|crew|team|contractor|user|operator)|is now set|set (to|at)",
        ),
        Rule(
            "by_me",
            0.85,
            "(was|were|been) {changed} ~ by me",
            "The file was rewritten by me.",
            "The file was rewritten by him.",
        ),
        Rule(
            "now",
            0.65,
            "(it now|which now|code now|function now|text now|title now|paragraph now|table now|list now|plan now|summary now|section now) (reads|says|returns|takes|uses|starts|begins|ends|includes|covers|handles|raises|accepts|mentions|opens|closes|calls|carries|lists|contains)",
            "The function now returns a list.",
            "Now returns are rare.",
        ),
        Rule(
            "from_to",
            0.7,
            "(changed|renamed|moved|raised|lowered|cut|bumped|shortened|shifted|switched|converted|went|brought|reduced|increased|extended) ~~ from ~~ to",
            "The default was changed from 10 to 30.",
            "I went from Rome to Pisa.",
            unless="{i} went|pressure|temperature|flow|vibration|level|speed",
        ),
        Rule(
            "changes",
            0.75,
            "(changes|edits|modifications|what changed|change log|changelog|diff|revisions|summary of changes|change) (made|so far|:|in this version|since the last|i made|applied|are in|are done)",
            "Changes made: shorter title, new chart.",
            "Changes in weather hurt.",
        ),
        Rule(
            "done_with",
            0.75,
            "(made|done|applied|carried out|incorporated|worked in|folded in|put in place|rolled back|undone) ~ (change+|edit+|revision+|correction+|tweak+|modification+|amendment+|fix|fixes|suggestion+|update+|adjustment+)",
            "I made the change in both files.",
            "They made a noise.",
            unless="(has|have|needs|need) to be (made|done)|if ~ (made|done)|should be made",
        ),
        Rule(
            "gone_new",
            0.65,
            "(gone|is gone|are gone|new in this|replaces the old|takes the place of|in place of the old|instead of the old|no longer (contains|mentions|uses|calls|imports|needs|depends|includes|raises|has|there))",
            "The old helper is gone.",
            "He went home.",
            unless="{i} ~ (will|would)|time is gone|(cash|money|power|pressure) ~ gone",
        ),
        Rule(
            "result_made",
            0.7,
            "(the|this|that|each|every|both|all|its|my|your) ~ (is|are|reads|runs|comes) ~ (shorter|warmer|longer|tighter|clearer|softer|simpler) ~ now",
            "The tone is warmer now.",
            "It is warmer than before.",
        ),
    ),
    if_conditional=True,
    if_asked=True,
)
