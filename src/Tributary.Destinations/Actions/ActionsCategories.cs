namespace Tributary.Destinations.Actions;

/// <summary>What people use each of Segment's destinations for; the package does not say.</summary>
internal static class ActionsCategories
{
    private static readonly Dictionary<string, string> BySlug = new (string Category, string Slugs)[]
    {
        ("Advertising",
            """
            actions-1plusx actions-1plusx-asset-api actions-criteo-audiences actions-facebook-conversions-api actions-facebook-custom-audiences
            actions-google-enhanced-conversions actions-google-campaign-manager-360 actions-google-data-manager actions-linkedin-audiences
            actions-linkedin-conversions actions-snap-conversions actions-snap-audiences tiktok-conversions tiktok-conversions-sandbox tiktok-app-events
            actions-tiktok-audiences actions-tiktok-offline-conversions actions-tiktok-offline-conversions-sandbox actions-pinterest-conversions-api
            actions-the-trade-desk-crm actions-liveramp-audiences actions-revx actions-iqm actions-yahoo-audiences actions-display-video-360
            actions-first-party-dv360 actions-amazon-amc actions-amazon-conversions-api actions-stackadapt-cloud actions-stackadapt-audiences actions-moloco-rmp
            actions-taboola-actions actions-topsort actions-delivrai-audiences actions-reddit-conversions-api actions-reddit-audiences actions-nextdoor-capi
            actions-rokt-audiences actions-rokt-capi actions-kevel actions-kevel-audience actions-podscribe actions-magellan-ai actions-spiffy
            actions-ms-bing-ads-audiences actions-ms-bing-capi actions-vibe-audience actions-youappi-audience actions-epsilon actions-angler-ai actions-blend-ai
            roadwayai-actions
            """),
        ("Analytics",
            """
            actions-amplitude actions-amplitude-cohorts actions-mixpanel actions-heap-cloud actions-google-analytics-4 actions-posthog actions-fullstory-cloud
            actions-gainsight-px-cloud june-actions calliper-cloud-actions actions-playerzero-cloud actions-app-fit actions-usermaven actions-userpilot-cloud
            actions-toplyne-cloud actions-prodeology actions-trackey actions-usermotion actions-canvas actions-aggregations-io actions-equals actions-avo
            actions-avo-v2 actions-accoil-analytics actions-trubrics actions-mantle actions-chartmogul actions-dawn actions-altertable actions-klime
            actions-actable-predictive actions-hyperengage actions-launchpad actions-pendo-audiences
            """),
        ("Attribution",
            """
            actions-adjust actions-dub actions-attribution actions-voyage actions-ripe-cloud
            """),
        ("CRM and sales",
            """
            actions-salesforce actions-hubspot-cloud actions-pipedrive close actions-attio actions-apolloio actions-saleswings outfunnel actions-koala-cloud
            actions-clay inleads-ai actions-qualified actions-pardot actions-blackbaud-raisers-edge-nxt actions-collab-travel-crm
            actions-voiceops
            """),
        ("Email and messaging",
            """
            actions-braze-cloud actions-braze-cohorts actions-customerio actions-iterable actions-iterable-lists actions-iterable-audiences actions-klaviyo
            actions-sendgrid actions-sendgrid-audiences actions-twilio actions-twilio-messaging actions-twilio-messaging-omnichannel actions-twilio-studio
            actions-airship actions-attentive actions-postscript actions-cordial actions-emarsys actions-clevertap actions-moengage
            actions-salesforce-marketing-cloud actions-marketo-static-lists actions-acoustic actions-acoustic-campaign actions-listrak actions-loops
            actions-insider-cloud actions-insider-audiences actions-pushwoosh actions-responsys actions-xtremepush actions-drip
            actions-ortto actions-ortto-audiences actions-dotdigital actions-dotdigital-audiences actions-courier actions-batch actions-yonoma actions-taguchi
            actions-aampe actions-nudge actions-personas-messaging-sendgrid actions-personas-messaging-twilio encharge-cloud-actions actions-movable-ink
            actions-contentstack
            """),
        ("Customer success",
            """
            actions-intercom-cloud actions-slack actions-lark actions-canny gleap-cloud-actions actions-devrev actions-qualtrics actions-surveysparrow
            actions-survicate-cloud actions-sprig actions-appcues actions-jimo-cloud actions-schematic
            """),
        ("Personalization",
            """
            actions-adobe-target-cloud actions-vwo-cloud actions-launchdarkly actions-launchdarkly-audiences actions-optimizely-feature-experimentation-cloud
            actions-optimizely-advanced-audience-targeting actions-optimizely-data-platform actions-optimizely-web actions-absmartly actions-kameleoon
            actions-dynamic-yield-audiences actions-algolia-insights actions-recombee actions-livelike-cloud actions-hilo actions-ambee
            """),
        ("Loyalty and commerce",
            """
            actions-antavo actions-friendbuy-cloud actions-talon-one voucherify-actions actions-cloud-gwen revend-actions actions-rehook actions-gameball
            yotpo-actions actions-eagleeye actions-ironclad metronome-actions actions-m3ter
            """),
    }.SelectMany(each => each.Slugs.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(slug => (slug, each.Category))).ToDictionary(pair => pair.slug, pair => pair.Category, StringComparer.Ordinal);

    /// <summary>The category of a destination; those that pass data on as it is have none of their own.</summary>
    public static string Of(string slug) => BySlug.GetValueOrDefault(slug, "Raw Data");
}
