"""Progressive delivery: a challenger is tried on live requests before it answers all of them.

    shadow   the challenger scores every request and answers none
    canary   it answers a small share of the requests, then a larger one; a request key decides, so that who met it
             once meets it again
    ab       it answers a fixed share until a sample, sized before the start, tells the two apart

`plan` is what is tried now, `evidence` what was measured, `decision` what follows, `control` does it. The service reads
the plan and nothing else, so a controller that is away changes nothing that is served.
"""
