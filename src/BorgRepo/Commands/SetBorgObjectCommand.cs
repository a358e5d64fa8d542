using System.Management.Automation;
using BorgRepo.Completers;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;

namespace BorgRepo.Commands;

/// <summary>Stores objects. All that a pipeline brings is one transaction: all of it is stored, or nothing.</summary>
[Cmdlet(VerbsCommon.Set, "BorgObject", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(BorgObject))]
public sealed class SetBorgObjectCommand : ObjectWriterCmdlet
{
    private readonly ValueFile _file = new();

    /// <summary>The id: 64 hex digits or 32 bytes.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [IdTransformation(One = true)]
    [ArgumentCompleter(typeof(ObjectIdCompleter))]
    public string Id { get; set; } = string.Empty;

    /// <summary>The content.</summary>
    [Parameter(Position = 2, ValueFromPipelineByPropertyName = true)]
    [Alias("Data")]
    [AllowEmptyCollection]
    public byte[]? Value { get; set; }

    /// <summary>A file with the content.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? InFile { get; set; }

    private protected override void Process()
    {
        ObjectId id = IdParser.Parse(Id);
        CurrentItem = id.ToString();
        string? file = InFile is null ? null : LocationResolver.ToFullPath(SessionState.Path, InFile);
        long length = CheckedLength(file);
        foreach (RepositoryTarget target in GetTargets())
        {
            if (MayChange(target, id.ToString(), $"Store {ByteSize.Format(length)}", out _))
            {
                Transaction.Put(target, id, file is null ? Value : _file.Read(file));
            }
        }
    }

    // Before anybody is asked and before anything is opened.
    private long CheckedLength(string? file)
    {
        if (Value is null == file is null)
        {
            throw new InputException("InvalidArgument", "The content is given by -Value or by -InFile, one of them.", Id);
        }

        if (file is not null)
        {
            return ValueFile.CheckedLength(file);
        }

        return Value!.Length <= LogEntry.MaxValueSize ? Value.Length : throw new ValueTooLargeException(Value.Length);
    }
}
