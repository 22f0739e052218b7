using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using Tributary.Model;

namespace Tributary.Destinations.Postgres;

/// <summary>What a failure of the server or of the way to it means for the events.</summary>
/// <remarks>Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html.</remarks>
internal static class PostgresFailure
{
    /// <summary>True when one event of several may be the cause, so that the others should be tried without it.</summary>
    public static bool IsOfData(Exception failure) => failure is PostgresException { SqlState: var state }
        && state[..2] is "22" or "23" or "54" && !IsForLater(state);

    public static DeliveryOutcome Judge(NpgsqlException failure)
    {
        if (failure is PostgresException answer) return Judge(answer);
        var cause = failure.InnerException;
        var reason = cause switch
        {
            AuthenticationException => "tls_failed",
            SocketException => "connection_failed",
            TimeoutException => "timeout",
            _ => "network",
        };
        return DeliveryOutcome.RetryLater(reason, detail: cause is null ? failure.Message : $"{failure.Message} {cause.Message}");
    }

    private static DeliveryOutcome Judge(PostgresException answer)
    {
        var reason = $"sql_{answer.SqlState.ToLowerInvariant()}";
        var sentence = answer.MessageText;
        if (answer.SqlState.StartsWith("28", StringComparison.Ordinal)) return DeliveryOutcome.CredentialsRejected(reason, sentence);
        return IsForLater(answer.SqlState) ? DeliveryOutcome.RetryLater(reason, detail: sentence) : DeliveryOutcome.Refused(reason, sentence);
    }

    // A lost connection, a server that starts, stops or is full, a lock, a race with another writer, a table that somebody altered a moment ago.
    private static bool IsForLater(string state) => state[..2] is "08" or "25" or "40" or "53" or "55" or "57" or "58" or "XX" or "F0"
        || state is "23505" or "42703" or "42P01" or "42804" or "3F000";
}
