using System.Globalization;
using Tributary.Engine.Lake;

namespace Tributary.Destinations.Postgres;

/// <summary>A column that the database has.</summary>
/// <param name="Type">As <c>information_schema.columns.data_type</c> says.</param>
/// <param name="LengthMax">Of <c>varchar(n)</c> and <c>char(n)</c>: n, in characters.</param>
internal readonly record struct PostgresColumn(string Type, int? LengthMax = null)
{
    /// <summary>What values for it are kept as until they are loaded. A type that takes none of ours counts as text, and its values are not loaded.</summary>
    public LakeType Kept => Type switch
    {
        "timestamp with time zone" or "timestamp without time zone" or "date" => LakeType.Timestamp,
        "bigint" or "integer" or "smallint" => LakeType.BigInt,
        "double precision" or "real" or "numeric" => LakeType.Double,
        "boolean" => LakeType.Boolean,
        _ => LakeType.Text,
    };

    /// <summary>The type of columns that we make, and of those that rows are staged in.</summary>
    public static string TypeOf(LakeType type) => type switch
    {
        LakeType.Text => "text",
        LakeType.Timestamp => "timestamp with time zone",
        LakeType.BigInt => "bigint",
        LakeType.Double => "double precision",
        LakeType.Boolean => "boolean",
    };

    /// <summary>
    /// The expression that turns a staged value into one of this column; what does not fit becomes null. Null when no value of the staged type can be loaded.
    /// </summary>
    /// <param name="staged">The staged type.</param>
    /// <param name="name">The staged column, quoted.</param>
    public string? From(LakeType staged, string name) => (staged, Type) switch
    {
        (LakeType.Text, "text") or (LakeType.Timestamp, "timestamp with time zone") or (LakeType.BigInt, "bigint") => name,
        (LakeType.Double, "double precision") or (LakeType.Boolean, "boolean") => name,
        (LakeType.Text, "character varying" or "character") => LengthMax is { } length ? $"left({name}, {length.ToString(CultureInfo.InvariantCulture)})" : name,
        (LakeType.Timestamp, "timestamp without time zone") => $"{name} AT TIME ZONE 'UTC'",
        (LakeType.Timestamp, "date") => $"({name} AT TIME ZONE 'UTC')::date",
        (LakeType.BigInt, "integer") => $"CASE WHEN {name} BETWEEN -2147483648 AND 2147483647 THEN {name}::integer END",
        (LakeType.BigInt, "smallint") => $"CASE WHEN {name} BETWEEN -32768 AND 32767 THEN {name}::smallint END",
        (LakeType.Double, "real") => $"CASE WHEN {name} = 0 OR abs({name}) BETWEEN 1.2e-38 AND 3.4e38 THEN {name}::real END",
        (LakeType.Double, "numeric") => $"{name}::numeric",
        _ => null,
    };
}
