using System.Globalization;
using System.Text;
using DuckDB.NET.Data;
using Tributary.Engine.Identity;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;
using Tributary.Model;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>What a definition says of each profile, by the lake.</summary>
/// <param name="Position">The lake had loaded everything before this offset of the event log, and nothing behind it.</param>
/// <param name="Answers">Of every profile that the definition is about: <c>true</c> or <c>false</c>, or the trait's value as JSON, null for none.</param>
internal sealed record LakeAnswers(LogOffset Position, IReadOnlyDictionary<ProfileId, byte[]?> Answers);

/// <summary>Asks the lake what a definition says. Everything is read as of one moment.</summary>
internal sealed class LakeEvaluator(LakeDatabase database, TimeProvider clock)
{
    /// <summary>What a definition says of every profile.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="question">Of whom, and when.</param>
    /// <param name="cancellationToken">Stops the query at once.</param>
    /// <exception cref="DuckDBException">The lake could not answer, e.g. for want of memory.</exception>
    public Task<LakeAnswers> AnswersAsync(Definition definition, DefinitionQuestion question, CancellationToken cancellationToken)
    {
        var compiled = DefinitionSql.Compile(definition, question);
        return RunAsync((connection, position) =>
        {
            var answers = new Dictionary<ProfileId, byte[]?>();
            using var command = connection.CreateCommand();
            command.CommandText = compiled.Sql;
            command.UseStreamingMode = true;
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                answers[IdOf(reader.GetString(0))] = JsonOf(compiled, reader);
            }

            return new LakeAnswers(position, answers);
        }, cancellationToken);
    }

    /// <summary>How many profiles are in, and some of them.</summary>
    /// <param name="definition">The definition of an audience, or of a trait: then those that have a value.</param>
    /// <param name="question">Of whom, and when.</param>
    /// <param name="sample">How many are named, the oldest first.</param>
    /// <param name="cancellationToken">Stops the query at once.</param>
    public Task<(long Count, IReadOnlyList<ProfileId> Sample)> MatchesAsync(Definition definition, DefinitionQuestion question, int sample, CancellationToken cancellationToken)
    {
        var compiled = DefinitionSql.Compile(definition, question);
        var matches = $"FROM ({compiled.Sql}) WHERE answer IS {(compiled.IsAudience ? "TRUE" : "NOT NULL")}";
        // One pass: the sample is the beginning of what is counted.
        var sql = $"SELECT count(*), string_agg(profile, ' ' ORDER BY profile) FILTER (place <= {sample.ToString(CultureInfo.InvariantCulture)}) "
            + $"FROM (SELECT profile, row_number() OVER (ORDER BY profile) AS place {matches})";
        return RunAsync((connection, _) =>
        {
            var row = LakeDatabase.Read(connection, sql)[0];
            IReadOnlyList<ProfileId> ids = row[1] is string texts ? [.. texts.Split(' ').Select(IdOf)] : [];
            return (System.Convert.ToInt64(row[0], CultureInfo.InvariantCulture), ids);
        }, cancellationToken);
    }

    /// <summary>How many events definitions can read, of all spaces.</summary>
    public Task<long> EventsAsync(CancellationToken cancellationToken) => RunAsync(
        (connection, _) => System.Convert.ToInt64(LakeDatabase.Read(connection, $"SELECT count(*) FROM {HistoryTable.History}")[0][0], CultureInfo.InvariantCulture), cancellationToken);

    private Task<T> RunAsync<T>(Func<DuckDBConnection, LogOffset, T> read, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using var connection = database.Connect();
            using var interrupter = new QueryInterrupter(connection, clock, cancellationToken);
            try
            {
                LakeDatabase.Execute(connection, "BEGIN TRANSACTION READ ONLY");
                var position = LakeDatabase.Read(connection, $"SELECT log_offset FROM {LakeDatabase.Catalog}.{LakeDefinitions.OwnSchema}.position");
                return read(connection, position.Count == 0 ? LogOffset.Zero : new LogOffset((long)position[0][0]!));
            }
            catch (DuckDBException) when (cancellationToken.IsCancellationRequested)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw;
            }
        }, cancellationToken);

    private static ProfileId IdOf(string text) => ProfileId.TryParse(text, out var id) ? id : throw new InvalidDataException($"{text} in the lake is no profile id.");

    private static byte[]? JsonOf(CompiledSql compiled, DuckDBDataReader reader)
    {
        if (compiled.IsAudience) return reader.GetBoolean(1) ? ComputedResult.True : ComputedResult.False;
        if (reader.IsDBNull(1)) return null;
        var values = EncodedValues.Read(Encoding.UTF8.GetBytes(reader.GetString(1)));
        if (!compiled.IsList) return Reductions.Json(values.First);
        var all = new QueryValue[values.Count];
        for (var i = 0; i < all.Length; i++) all[i] = values[i];
        return Reductions.List(all);
    }
}
