using System.Text;
using Confluent.Kafka;
using Tributary.Model;

namespace Tributary.Destinations.Kafka;

/// <summary>What a report of librdkafka means for the event.</summary>
internal static class KafkaFailure
{
    public static DeliveryOutcome Judge(Error error)
    {
        if (!error.IsError) return DeliveryOutcome.Delivered;
        var reason = $"kafka_{Snake(error.Code.ToString())}";
        return error.Code switch
        {
            ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Authentication or ErrorCode.IllegalSaslState or ErrorCode.UnsupportedSaslMechanism =>
                DeliveryOutcome.CredentialsRejected(reason, error.Reason),
            // Neither the event nor the right to send it becomes other by waiting.
            ErrorCode.MsgSizeTooLarge or ErrorCode.InvalidMsg or ErrorCode.InvalidRecord or ErrorCode.RecordListTooLarge or ErrorCode.TopicException
                or ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed or ErrorCode.PolicyViolation => DeliveryOutcome.Refused(reason, error.Reason),
            _ => DeliveryOutcome.RetryLater(reason, detail: error.Reason),
        };
    }

    private static string Snake(string code)
    {
        var text = new StringBuilder();
        foreach (var letter in code.Replace("Local_", "", StringComparison.Ordinal))
        {
            if (char.IsUpper(letter) && text.Length > 0) text.Append('_');
            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
