namespace Tributary.Destinations.Actions;

/// <summary>What workers see of the environment: credentials that belong to the operator's own application with a partner. Everything else stays out.</summary>
internal static class ActionsEnvironment
{
    // Every name that the package reads and that an operator may have.
    private static readonly string[] Names =
    [
        "ACTIONS_AMAZON_AMC_CLIENT_ID", "ACTIONS_AMAZON_AMC_CLIENT_SECRET", "ACTIONS_AMAZON_CONVERSIONS_API_CLIENT_ID", "ACTIONS_AMAZON_CONVERSIONS_API_CLIENT_SECRET",
        "ACTIONS_APOLLOIO_HEADER_SECRET", "ACTIONS_DISPLAY_VIDEO_360_CLIENT_ID", "ACTIONS_DISPLAY_VIDEO_360_CLIENT_SECRET", "ACTIONS_DISPLAY_VIDEO_360_REFRESH_TOKEN",
        "ACTIONS_DYNAMIC_YIELD_AUDIENCES_DEV_CLIENT_SECRET", "ACTIONS_DYNAMIC_YIELD_AUDIENCES_EU_CLIENT_SECRET", "ACTIONS_DYNAMIC_YIELD_AUDIENCES_US_CLIENT_SECRET",
        "ACTIONS_FB_CAPI_SYSTEM_USER_TOKEN", "ACTIONS_FIRST_PARTY_DV360_CLIENT_ID", "ACTIONS_FIRST_PARTY_DV360_CLIENT_SECRET", "ACTIONS_LINKEDIN_CONVERSIONS_CLIENT_ID",
        "ACTIONS_LINKEDIN_CONVERSIONS_CLIENT_SECRET", "ACTIONS_MS_BING_ADS_AUDIENCES_DEVELOPER_TOKEN", "ACTIONS_YAHOO_AUDIENCES_TAXONOMY_CLIENT_ID",
        "ACTIONS_YAHOO_AUDIENCES_TAXONOMY_CLIENT_SECRET", "ADWORDS_DEVELOPER_TOKEN", "BRAZE_COHORTS_PARTNER_API_KEY_EU", "BRAZE_COHORTS_PARTNER_API_KEY_US",
        "DOTDIGITAL_AUDIENCES_PARTNER_SECRET", "GOOGLE_ENHANCED_CONVERSIONS_CLIENT_ID", "GOOGLE_ENHANCED_CONVERSIONS_CLIENT_SECRET", "SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET",
        "SENDGRID_BYPASS_IP_BLOCK_HEADER_SECRET",
    ];

    // Of use only to those that open connections by themselves.
    private static readonly string[] RawSocketNames =
    [
        "AMAZON_KINESIS_ACTIONS_EXTERNAL_ID", "AMAZON_KINESIS_ACTIONS_ROLE_ADDRESS", "AMAZON_S3_ACTIONS_EXTERNAL_ID", "AMAZON_S3_ACTIONS_ROLE_ADDRESS", "AWS_ACCESS_KEY_ID", "AWS_REGION",
        "AWS_ROLE_ARN", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "KAFKA_PRODUCER_REQUEST_TIMEOUT_MS", "KAFKA_PRODUCER_TTL_MS",
    ];

    /// <summary>The listed names that are set, and a clock zone, so that a partner's dates do not depend on the machine.</summary>
    public static Dictionary<string, string> Read(Func<string, string?> variable, bool allowsRawSockets)
    {
        var result = new Dictionary<string, string> { ["TZ"] = "UTC", ["NODE_ENV"] = "production" };
        foreach (var name in allowsRawSockets ? [.. Names, .. RawSocketNames] : Names)
        {
            if (variable(name) is { Length: > 0 } value) result[name] = value;
        }

        return result;
    }
}
